package walkthrough_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cielo24_exporter/e2e/browser"

	"github.com/chromedp/chromedp"
)

const (
	// patience bounds what the documents give no time for: the programs are compiled, on machines that are shared.
	patience = 3 * time.Minute
	// aGlance is how long an opened page may take to show what it is opened for.
	aGlance = 5 * time.Second
	// aMoment is the time between two looks.
	aMoment = 50 * time.Millisecond
)

// reader is somebody who follows a document in an empty folder.
type reader struct {
	t        *testing.T
	dir      string // where the terminal is
	running  []*program
	tab      context.Context  //nolint:containedctx // that is how chromedp names a tab
	expected map[string]sight // by address: what has to be there to be seen
	seen     map[string]bool  // addresses that were opened
}

// sight is what an opened page has to show within a time, by itself or, if the document says so, when it is reloaded.
type sight struct {
	check  func(text string) error
	within time.Duration
	reload bool
}

// program is one that is left running.
type program struct {
	command string
	cmd     *exec.Cmd
	out     *output
	done    chan struct{}
}

// output is what a program writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// newReader gives a reader a checkout of the repository and a browser.
func newReader(t *testing.T, expected map[string]sight) *reader {
	t.Helper()
	tab, stop, err := browser.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &reader{t: t, dir: checkOut(t), tab: tab, expected: expected, seen: map[string]bool{}}
}

// checkOut copies the files of the repository that git does not ignore.
func checkOut(t *testing.T) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "grep", "--no-index", "--exclude-standard", "--files-with-matches", "--null", "-e", "")
	list.Dir = filepath.Join("..", "..")
	files, err := list.Output()
	if err != nil {
		t.Fatalf("files of the repository: %v", err)
	}
	dir := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(files), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(list.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// follow does the steps, one after the other.
func (r *reader) follow(steps []step) {
	r.t.Helper()
	for _, s := range steps {
		r.t.Logf("%s\t%s\n%s", s.kind, s.file, s.text)
		switch s.kind {
		case run:
			r.run(s.text)
		case start:
			r.start(s.text)
		case write:
			r.write(s.file, s.text)
		case replace:
			r.replace(s)
		case open:
			r.open(s.text)
		case expect:
			eventually(r.t, "output "+s.text, patience, func() error { return r.hasPrinted(s.text) })
		}
	}
	for address := range r.expected {
		if !r.seen[address] {
			r.t.Errorf("the document does not name %s", address)
		}
	}
	for _, p := range r.running {
		if p.ended() {
			r.t.Errorf("%s has ended:\n%s", p.command, p.out)
		}
	}
}

// shell is a command for bash in the reader's terminal.
func (r *reader) shell(ctx context.Context, text string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", text)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOTOOLCHAIN=local")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// run runs a command that has to end with success; where it goes, the terminal goes.
func (r *reader) run(command string) {
	r.t.Helper()
	where := filepath.Join(r.t.TempDir(), "pwd")
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	cmd := r.shell(ctx, command+"pwd >'"+where+"'\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	dir, err := os.ReadFile(where)
	if err != nil {
		r.t.Fatal(err)
	}
	r.dir = strings.TrimSpace(string(dir))
}

// start starts a program in a terminal of its own, and waits until it listens. Ctrl-C ends it with the test.
func (r *reader) start(command string) {
	r.t.Helper()
	before := listeners(r.t)
	p := &program{command: command, cmd: r.shell(context.WithoutCancel(r.t.Context()), command), out: &output{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	r.t.Cleanup(func() { p.ctrlC(r.t) })
	r.running = append(r.running, p)
	eventually(r.t, command, patience, func() error {
		if listeners(r.t) > before {
			return nil
		}
		if p.ended() {
			r.t.Fatalf("%s has ended:\n%s", command, p.out)
		}
		return errors.New("listens nowhere")
	})
}

func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// ctrlC interrupts everything that runs in the program's terminal, and waits for its end.
func (p *program) ctrlC(t *testing.T) {
	t.Helper()
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT)
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
		t.Errorf("Ctrl-C does not end %s:\n%s", p.command, p.out)
	}
}

// listeners counts the sockets that listen in this network namespace.
func listeners(t *testing.T) int {
	t.Helper()
	n := 0
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n += len(regexp.MustCompile(`(?m)^ *\d+: \S+ \S+ 0A `).FindAll(data, -1))
	}
	return n
}

func (r *reader) write(file, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, file), []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// replace puts another receiver in the place of the one of that name, and has Alertmanager's own tool read the result.
func (r *reader) replace(s step) {
	r.t.Helper()
	file := filepath.Join(r.dir, s.file)
	data, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	old := regexp.MustCompile(`(?m)^  - name: ` + regexp.QuoteMeta(s.receiver) + `\n(?:    .*\n)+`)
	if n := len(old.FindAll(data, -1)); n != 1 {
		r.t.Fatalf("%s: got %d receivers %s, want 1", s.file, n, s.receiver)
	}
	r.write(s.file, string(old.ReplaceAllLiteral(data, []byte(s.text))))
	r.run("amtool check-config '" + s.file + "'\n")
}

// open opens an address in the browser and looks at it until it shows what it is opened for.
func (r *reader) open(address string) {
	r.t.Helper()
	want, ok := r.expected[address]
	if !ok {
		r.t.Fatalf("the document names %s, and no test says what is to be seen there", address)
	}
	r.seen[address] = true
	ctx, cancel := context.WithTimeout(r.tab, want.within+patience)
	defer cancel()
	opened := time.Time{}
	eventually(r.t, address, want.within, func() error {
		if opened.IsZero() || want.reload && time.Since(opened) > aGlance {
			opened = time.Now()
			if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
				r.t.Fatalf("%s: %v", address, err)
			}
		}
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
		if err != nil {
			return err
		}
		if err := want.check(text); err != nil {
			return fmt.Errorf("%w; the page shows:\n%s", err, text)
		}
		return nil
	})
}

func (r *reader) hasPrinted(text string) error {
	var all strings.Builder
	for _, p := range r.running {
		if strings.Contains(p.out.String(), text) {
			return nil
		}
		fmt.Fprintf(&all, "%s%s\n", p.command, p.out)
	}
	return fmt.Errorf("the programs have printed:\n%s", &all)
}

// eventually looks until there is no error any more, and gives up after a time.
func eventually(t *testing.T, what string, within time.Duration, look func() error) {
	t.Helper()
	deadline := time.After(within)
	for {
		err := look()
		if err == nil {
			return
		}
		select {
		case <-time.After(aMoment):
		case <-deadline:
			t.Fatalf("%s: not within %s: %v", what, within, err)
		}
	}
}
