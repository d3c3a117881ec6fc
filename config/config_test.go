package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"cielo24_exporter/config"

	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder writes files and returns the path of the configuration among them.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return filepath.Join(dir, "c.yml")
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEveryKeyOfTheContractIsRead(t *testing.T) {
	text, err := os.ReadFile("testdata/contract.yml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(folder(t, map[string]string{
		"c.yml": string(text), "cielo24.key": "the key\r\n"[4:], "jobs/a.yml": "- aa\n", "jobs/b.yml": "[{id: bb, labels: {x: y}}]",
	}))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	got := fmt.Sprint(a.Name, a.BaseURL, a.Location, a.Login.Username, a.Timeout, a.Concurrency, a.RequestsPerSecond,
		a.MinInterval, a.SettledInterval, a.StaleAfter, *a.Discovery, a.Jobs, a.HTTPClient.ProxyURL, a.HTTPClient.EnableHTTP2)
	want := "media-services https://api.cielo24.com America/Los_Angeles captions@example.edu 10s 16 0 0s 0s 5m0s " +
		"{[Authorizing Pending In Process Reviewing Media Failure] 720h0m0s * 10000} " +
		"[{64bea283eff6475ea6596027a6ba0929 64bea283eff6475ea6596027a6ba0929 map[]} " +
		"{d4fb871e07514304b23131b45f8caa1f d4fb871e07514304b23131b45f8caa1f map[course:BIO101]}] http://127.0.0.1:3128 false"
	if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(want), "") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if key, err := a.Login.SecureKey.Read(); err != nil || key.Reveal() != "key" {
		t.Errorf("%q %v", key.Reveal(), err)
	}
	jobs, problems := a.JobFiles.Read()
	if fmt.Sprint(jobs) != "[{aa aa map[]} {bb bb map[x:y]}]" || problems != nil {
		t.Error(jobs, problems)
	}
}

func TestWhatIsNotSaidHasItsDefault(t *testing.T) {
	cfg, err := config.Parse("c.yml", []byte("accounts: [{name: a, api_token: x, discovery: }]"))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	if a.BaseURL.String() != "https://api.cielo24.com" || a.Location != time.UTC || a.Timeout != 10*time.Second ||
		a.Concurrency != 16 || a.StaleAfter != 5*time.Minute || a.MinInterval != 0 || a.SettledInterval != 0 ||
		a.RequestsPerSecond != 0 || a.JobFiles != nil || a.Login != nil || a.HTTPClient.FollowRedirects {
		t.Errorf("%+v", a)
	}
	d := *a.Discovery
	if len(d.Statuses) != 5 || d.CreatedWithin != 720*time.Hour || d.MaxJobs != 10000 || d.Username != "" {
		t.Errorf("%+v", d)
	}
}

func TestIDsAreTakenAsTheyAreWritten(t *testing.T) {
	ids := []string{
		"12345678901234567890123456789012", "64e28300000000000000000000000000", "0x1", "1e5", "0123",
		"d4fb871e-0751-4304-b231-31b45f8caa1f", "ABCDEF",
	}
	ids[2] = "00a1"
	cfg, err := config.Parse("c.yml", []byte("accounts: [{name: a, api_token: 007, jobs: ["+strings.Join(ids, ", ")+"]}]"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, job := range cfg.Accounts[0].Jobs {
		got = append(got, job.ID)
	}
	if !reflect.DeepEqual(got, ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
	if token, err := cfg.Accounts[0].Token.Read(); err != nil || token.Reveal() != "007" {
		t.Errorf("%q %v", token.Reveal(), err)
	}
}

func TestWhatYAMLAllowsIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"JSON":            `{"accounts": [{"name": "a", "api_token": "x", "jobs": ["aa"]}]}`,
		"byte order mark": "\xef\xbb\xbfaccounts: [{name: a, api_token: x, jobs: [aa]}]",
		"CRLF":            "accounts:\r\n  - name: a\r\n    api_token: x\r\n    jobs: [aa]\r\n",
		"alias":           "accounts: [{name: a, api_token: x, jobs: [{id: aa, labels: &l {x: y}}, {id: bb, labels: *l}]}]",
		"end of document": "---\naccounts: [{name: a, api_token: x, jobs: [aa]}]\n...\n",
		"empty lists":     "accounts: [{name: a, api_token: x, jobs: [], job_files: []}]",
		"two accounts":    "accounts: [{name: a, api_token: x, jobs: [aa]}, {name: b, api_token: x, jobs: [aa]}]",
	} {
		if _, err := config.Parse("c.yml", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingThatIsPrintedShowsASecret(t *testing.T) {
	const marker = "hunter2hunter2"
	cfg, err := config.Parse("c.yml", []byte("accounts: [{name: a, login: {username: u, password: "+marker+"}, jobs: [], "+
		"http_client: {basic_auth: {username: u, password: "+marker+"}}}, {name: b, api_token: "+marker+", jobs: []}]"))
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v", cfg, cfg.Accounts)
	printed += fmt.Sprintf("%#v", cfg.Accounts[1].Token)
	asJSON, _ := json.Marshal(cfg.Accounts[0].HTTPClient)
	asYAML, _ := yaml.Marshal(cfg.Accounts[0].HTTPClient)
	token, err := cfg.Accounts[1].Token.Read()
	printed += string(asJSON) + string(asYAML) + fmt.Sprint(token, err)
	if strings.Contains(printed, marker) {
		t.Errorf("printed: %s", printed)
	}
	if token.Reveal() != marker {
		t.Error("the token itself is lost")
	}
}

func TestASecretIsReadAgainWhenItsFileChanges(t *testing.T) {
	file := folder(t, map[string]string{"c.yml": "accounts: [{name: a, api_token_file: t, jobs: []}]", "t": "one\n"})
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	source, secret := cfg.Accounts[0].Token, filepath.Join(filepath.Dir(file), "t")
	for content, want := range map[string]string{
		"two\n": "two", "two": "two", "two\r\n": "two",
		"": "is empty", "\n": "is empty", "a b\n": "contains a space", "a\nb\n": "more than one line", "\x00\x01": "control characters",
		"\xff\xfe": "is binary", strings.Repeat("x", 5000): "longer than 4096 bytes",
	} {
		write(t, secret, content)
		secretNow, err := source.Read()
		got := secretNow.Reveal()
		if err != nil {
			got, _ = strings.CutPrefix(err.Error(), secret+": ")
		}
		if !strings.Contains(got, want) {
			t.Errorf("%.20q: %s", content, got)
		}
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Read(); err == nil || err.Error() != secret+": no such file" {
		t.Errorf("got %v", err)
	}
}

func TestAReloadIsAllOrNothing(t *testing.T) {
	const good = "accounts: [{name: a, api_token: x, jobs: []}]"
	file := folder(t, map[string]string{"c.yml": good})
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var applied []string
	var refuse error
	r := config.NewReloader(func() (*config.Config, error) { return config.Load(file) }, func(c *config.Config) error {
		if refuse == nil {
			applied = append(applied, c.Accounts[0].Name)
		}
		return refuse
	}, func() time.Time { return now })
	if ok, last := r.Status(); ok || !last.IsZero() {
		t.Error("success before the first reading")
	}
	step := func(text string, wantOK bool, wantLast time.Time, wantApplied string) {
		t.Helper()
		write(t, file, text)
		err := r.Reload()
		ok, last := r.Status()
		if (err == nil) != wantOK || ok != wantOK || !last.Equal(wantLast) || strings.Join(applied, " ") != wantApplied {
			t.Errorf("%s: %v, %v, %v, %v", text, err, ok, last, applied)
		}
	}
	first := now
	step(good, true, first, "a")
	now = now.Add(time.Minute)
	step("accounts: []", false, first, "a")
	refuse = os.ErrClosed
	step(good, false, first, "a")
	refuse = nil
	step(strings.Replace(good, "name: a", "name: b", 1), true, now, "a b")
}
