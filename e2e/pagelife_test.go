package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cielo24_exporter/simulator"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

func TestDemo_ThePageHasTheJobsBeforeAnythingScrapes(t *testing.T) {
	_, exporter := startDemo(t)
	eventually(t, "the page", func() error {
		page := get(t, exporter+"/")
		for _, want := range []string{
			"BIO101 Lecture 07 – Photosynthesis", "CHEM210 Lecture 11 – Reaction Kinetics", "ART175 Studio Visit – camera 2, no sound",
			">Authorizing</span>", ">Pending</span>", ">In Process</span>", ">Reviewing</span>", ">Complete</span>", ">Media Failure</span>",
			">Rejected</span>", "3d 0h overdue", "API reached, credentials accepted", `role="status"></p>`,
		} {
			if !strings.Contains(page, want) {
				return fmt.Errorf("it lacks %s", want)
			}
		}
		return nil
	})
}

// fault has calls for a job, or with an empty ID all calls, go wrong.
func (w *watch) fault(id string, fault simulator.Fault) {
	w.t.Helper()
	body, err := json.Marshal(fault)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, w.api+"/_simulator/faults?job_id="+url.QueryEscape(id), bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		w.t.Fatalf("fault: got %s, want 204", resp.Status)
	}
}

// ownClock gives pages a clock that stands still. pass(ms) puts it forward and returns how many timers it has set off.
const ownClock = `(() => {
	let now = 0, timers = [];
	Date.now = () => now;
	window.setTimeout = (run, ms) => timers.push({ at: now + ms, run });
	window.clearTimeout = id => delete timers[id - 1];
	window.pass = ms => {
		now += ms;
		const due = Object.keys(timers).filter(i => timers[i].at <= now);
		for (const i of due) {
			const { run } = timers[i];
			delete timers[i];
			run();
		}
		return due.length;
	};
})()`

// withOwnClock opens the page with a clock of its own.
func (p *pageTest) withOwnClock() {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: ownClock}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Navigate(p.address))
}

// pass lets time pass on the page's own clock, and checks how many timers that sets off.
func (p *pageTest) pass(d time.Duration, want int) {
	p.t.Helper()
	if got := read[int](p.tab, fmt.Sprintf(`pass(%d)`, d.Milliseconds())); got != want {
		p.t.Errorf("within %s: got %d updates, want %d", d, got, want)
	}
}

// comes waits until an expression is true on the page.
func (p *pageTest) comes(expression string) {
	p.t.Helper()
	eventually(p.t, expression, func() error {
		if !read[bool](p.tab, expression) {
			return fmt.Errorf("not so on: %s", read[string](p.tab, `document.body.innerText`))
		}
		return nil
	})
}

// state is what an update must not change: the text that is being typed, the focus, the document, the filter, and where
// in the window all this is.
const state = `(() => {
	const input = document.querySelector("input[name=q]");
	return [input.value, document.activeElement.name, sameDocument, location.search, Math.round(input.getBoundingClientRect().top)].join(", ");
})()`

func TestPage_KeepsItselfCurrentAndDisturbsNobody(t *testing.T) {
	p := startPage(t)
	p.watch.fault("a2", simulator.Fault{Latency: 8 * time.Second})
	p.do(chromedp.EmulateViewport(1000, 300))
	p.withOwnClock()
	eventually(t, "all jobs but the slow one", func() error {
		got := read[string](p.tab, `document.querySelector("#progress").innerText`)
		if got != "Still fetching 1 of 5 jobs." {
			read[int](p.tab, `pass(2000)`)
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
	if slices.Contains(p.names(), markup) {
		t.Fatalf("the slow job is there already: %q", p.names())
	}
	p.do(chromedp.SendKeys(chromedp.CSS(`input[name=q]`), "being typed"))
	read[bool](p.tab, `scrollTo(0, 120), window.sameDocument = true`)
	before := read[string](p.tab, state)

	// While jobs are coming, every two seconds.
	p.pass(1999*time.Millisecond, 0)
	p.pass(time.Millisecond, 1)
	eventually(t, "the slow job", func() error {
		if !slices.Contains(p.names(), markup) {
			read[int](p.tab, `pass(2000)`)
			return fmt.Errorf("got %q", p.names())
		}
		return nil
	})
	p.comes(`document.querySelector("#progress").innerText === ""`)
	if got := read[string](p.tab, state); got != before || !strings.HasPrefix(got, "being typed, q, true, , ") {
		t.Errorf("text, focus, document, filter, place in the window: got %s, want %s", got, before)
	}

	// Afterwards every 15 seconds, and not while nobody looks.
	p.comes(`document.body.dataset.seconds === "15"`)
	p.watch.put("a1", "late", "Complete", -time.Hour)
	get(t, p.address+"metrics")
	read[bool](p.tab, `document.querySelectorAll("a.name")[3].focus(), true`)
	if got := read[string](p.tab, `document.activeElement.innerText`); got != markup {
		t.Fatalf("focus: got %q, want %q", got, markup)
	}
	visible := func(hidden bool) {
		read[bool](p.tab, fmt.Sprintf(`Object.defineProperty(document, "hidden", { value: %t, configurable: true }), document.dispatchEvent(new Event("visibilitychange"))`, hidden))
	}
	visible(true)
	p.pass(time.Hour, 0)
	visible(false)
	p.pass(0, 1)
	p.comes(`document.querySelectorAll("a.name")[2].innerText !== "late"`)
	if got := read[string](p.tab, `document.activeElement.innerText`); got != markup || p.names()[2] != markup {
		t.Errorf("focus when the job has moved up: got %q, want %q; jobs: %q", got, markup, p.names())
	}
	p.pass(14999*time.Millisecond, 0)

	// An exporter that is gone is told.
	if read[bool](p.tab, `document.querySelector("#outdated").checkVisibility()`) {
		t.Error("the page says that it is out of date, and is not")
	}
	p.exporter.signal(syscall.SIGTERM)
	p.exporter.exit()
	p.pass(time.Millisecond, 1)
	p.comes(`document.querySelector("#outdated").checkVisibility()`)
	p.pass(15*time.Second, 1)
}

func TestPage_KeepsItselfCurrentWithoutScripts(t *testing.T) {
	p := startPage(t)
	p.watch.fault("a2", simulator.Fault{Latency: 3 * time.Second})
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(p.address))
	if slices.Contains(p.names(), markup) {
		t.Fatalf("the slow job is there already: %q", p.names())
	}
	eventually(t, "the slow job", func() error {
		names, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](nameTexts)) // fails while the page is loaded again
		if err != nil || !slices.Contains(names, markup) {
			return fmt.Errorf("got %q, %w", names, err)
		}
		return nil
	})
}
