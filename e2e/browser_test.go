package e2e_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/e2e/browser"

	"github.com/chromedp/chromedp"
)

const markup = `<img src=x onerror="document.title='owned'"><b>bold</b> & "quoted"`

// startPage starts an exporter with jobs that wait, are late, or have markup for a name. Nothing scrapes it.
func startPage(t *testing.T) *pageTest {
	t.Helper()
	api := start(t, program, "simulate", "--simulator.listen-address=127.0.0.1:0", "--simulator.speed=1").says(`base_url: (\S+)`)
	w := &watch{t: t, api: api}
	w.put("a1", "late", "In Process", -time.Hour)
	w.put("a2", markup, "Reviewing", 2*time.Hour)
	w.put("a3", "a long name without a single space: "+strings.Repeat("x", 150), "Complete", 72*time.Hour)
	w.put("a4", "broken", "Media Failure", 48*time.Hour)
	config := w.write("cielo24.yml", "accounts: [{name: media-services, base_url: '"+api+"', timezone: America/Los_Angeles, "+
		"api_token: 0123456789abcdef0123456789abcdef, jobs: [a1, a2, a3, a4, ffff]}]")
	exporter := start(t, program, "--config.file="+config, "--web.listen-address=127.0.0.1:0")
	return &pageTest{
		tab: openTab(t), watch: w, exporter: exporter,
		address: "http://" + exporter.says(`msg="Listening on" address=(\S+)`) + "/",
	}
}

// pageTest is a status page, what is behind it, and a browser in front of it.
type pageTest struct {
	tab
	watch    *watch
	exporter *process
	address  string
}

// openTab starts a browser that ends with the test.
func openTab(t *testing.T) tab {
	t.Helper()
	ctx, stop, err := browser.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	t.Cleanup(cancel)
	return tab{t, ctx}
}

// tab is a page in a browser.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // that is how chromedp names a tab
}

func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// read returns what an expression is in the page.
func read[T any](b tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(expression, err)
	}
	return v
}

const nameTexts = `[...document.querySelectorAll("a.name")].map(a => a.innerText)`

// names returns the names of the jobs from top to bottom, as a person sees them.
func (b tab) names() []string {
	b.t.Helper()
	return read[[]string](b, nameTexts)
}

func TestPage_InARealBrowser(t *testing.T) {
	p := startPage(t)
	p.do(chromedp.Navigate(p.address))
	p.comes(`document.querySelectorAll("a.name").length === 5 && document.querySelector("#progress").innerText === ""`)
	jobs := p.names()
	if len(jobs) != 5 || jobs[0] != "broken" || jobs[1] != "ffff" || jobs[2] != "late" || jobs[3] != markup || !strings.HasPrefix(jobs[4], "a long name") {
		t.Errorf("from top to bottom: got %q, want broken, ffff, late, the one with markup, the long one", jobs)
	}
	if title, n := read[string](p.tab, `document.title`), read[int](p.tab, `document.querySelectorAll("img, tbody b, tbody script").length`); title != "cielo24 jobs" || n != 0 {
		t.Errorf("a name became markup: title %q, %d elements", title, n)
	}
	if read[string](p.tab, `getComputedStyle(document.querySelector(".tile.bad")).borderRadius`) == "0px" {
		t.Error("the stylesheet is not applied: does the policy allow it?")
	}

	// The form, as a person uses it.
	p.do(chromedp.SendKeys(chromedp.CSS(`input[name=q]`), "LATE"), chromedp.Click(chromedp.CSS(`form button`)), chromedp.WaitVisible(chromedp.CSS(`form a`)))
	if u, err := url.Parse(read[string](p.tab, `location.href`)); err != nil || u.Query().Get("q") != "LATE" || !slices.Equal(p.names(), []string{"late"}) {
		t.Errorf("at %s: got %q, want late", u, p.names())
	}
	p.do(chromedp.Navigate(p.address), chromedp.Click(chromedp.CSS(`a.tile[href*="show=waiting"]`)), chromedp.WaitVisible(chromedp.CSS(`a.tile[aria-current]`)))
	if !slices.Equal(p.names(), []string{markup}) {
		t.Errorf("waiting: got %q, want the one with markup", p.names())
	}
}

func TestPage_FitsAPhoneAndTheDark(t *testing.T) {
	p := startPage(t)
	for _, size := range []int64{320, 390, 768, 1400} {
		p.do(chromedp.EmulateViewport(size, 844), chromedp.Navigate(p.address))
		if width := read[int64](p.tab, `document.documentElement.scrollWidth`); width > size {
			t.Errorf("on %d pixels the page is %d wide", size, width)
		}
	}
	if err := browser.Scheme(p.ctx, true); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(p.address))
	if ground := read[string](p.tab, `getComputedStyle(document.body).backgroundColor`); ground != "rgb(15, 19, 25)" {
		t.Errorf("in the dark the page is %s, want rgb(15, 19, 25)", ground)
	}
}
