package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/e2e/browser"
	"cielo24_exporter/simulator"

	"github.com/chromedp/chromedp"
)

// violation is a barrier that axe has found on a page.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

func (v *violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for _, node := range v.Nodes {
		fmt.Fprintf(&b, "\n  %s\n    %s", node.HTML, strings.ReplaceAll(node.FailureSummary, "\n", "\n    "))
	}
	return b.String()
}

// axe returns the source of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../.tools/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v; run the tests with make test, which brings it, or scripts/axe.sh .tools/axe", err)
	}
	return string(source)
}

// barriers has axe look at the page that the tab shows, with all its rules.
func (b tab) barriers(axe string) []violation {
	b.t.Helper()
	b.do(chromedp.EvaluateAsDevTools[chromedp.Void](axe + "; undefined"))
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]violation](
		`axe.run(document, { resultTypes: ["violations"] }).then(found => {
			if (found.passes.length === 0) throw new Error("axe has looked at nothing");
			return found.violations.map(v => ({
				id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => ({ html: n.html, failureSummary: n.failureSummary })),
			}));
		})`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// wantNoBarriers looks at a page wide and narrow, light and dark. Nothing scrapes before.
func (b tab) wantNoBarriers(address string) {
	b.t.Helper()
	source := axe(b.t)
	for _, size := range []struct{ width, height int64 }{{1400, 1000}, {390, 844}} {
		for _, dark := range []bool{false, true} {
			if err := browser.Scheme(b.ctx, dark); err != nil {
				b.t.Fatal(err)
			}
			b.do(chromedp.EmulateViewport(size.width, size.height), chromedp.Navigate(address))
			for _, v := range b.barriers(source) {
				b.t.Errorf("%s, %d pixels wide, dark: %t: %s", address, size.width, dark, &v)
			}
		}
	}
}

func TestPage_HasNoBarriers(t *testing.T) {
	_, exporter := startDemo(t)
	b := openTab(t)
	for _, page := range []string{"/", "/?show=overdue&q=chem", "/?q=nothing+like+that"} {
		b.wantNoBarriers(exporter + page)
	}
}

func TestPage_HasNoBarriersWhileJobsAreComing(t *testing.T) {
	p := startPage(t)
	p.watch.fault("a2", simulator.Fault{Latency: time.Hour})
	p.wantNoBarriers(p.address)
}

func TestPage_HasNoBarriersWhenTheAPIIsAway(t *testing.T) {
	p := startPage(t)
	p.watch.fault("", simulator.Fault{Status: http.StatusBadGateway})
	p.wantNoBarriers(p.address)
}
