package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cielo24_exporter/cielo24"
)

// perPage is how many jobs are on one page.
const perPage = 100

// query is which jobs to show, as it stands in the URL.
type query struct {
	Account string // "" for all
	Status  string // "" for all
	Show    string // one of groups, "" for all
	Text    string // in name, IDs or labels, in any case
	page    int    // from 1
}

// statuses are those to choose from.
func statuses() []string { return append(cielo24.Statuses(), cielo24.StatusUnknown) }

// readQuery reads the parameters; the error is one line that says which is wrong.
func readQuery(values url.Values, accounts []string) (query, error) {
	q := query{
		Account: values.Get("account"), Status: values.Get("status"), Show: values.Get("show"),
		Text: strings.TrimSpace(values.Get("q")), page: 1,
	}
	var shows []string
	for _, g := range groups() {
		shows = append(shows, string(g.name))
	}
	for _, parameter := range []struct {
		name, value string
		known       []string
	}{{"account", q.Account, accounts}, {"status", q.Status, statuses()}, {"show", q.Show, shows}} {
		if parameter.value != "" && !slices.Contains(parameter.known, parameter.value) {
			return q, fmt.Errorf("parameter %s: there is no %.100q; there are: %s", parameter.name, parameter.value,
				strings.Join(parameter.known, ", "))
		}
	}
	if len(q.Text) > 200 {
		return q, fmt.Errorf("parameter q: has %d bytes, at most 200 are searched for", len(q.Text))
	}
	if text := values.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return q, fmt.Errorf("parameter page: %.20q is no number from 1", text)
		}
		q.page = n
	}
	return q, nil
}

// matches reports whether the job is to be shown.
func (q *query) matches(e *entry) bool {
	switch {
	case q.Account != "" && e.state.Account != q.Account,
		q.Show != "" && !e.in(group(q.Show)),
		q.Status != "" && (e.job == nil || e.job.Status != q.Status):
		return false
	case q.Text == "":
		return true
	}
	texts := []string{e.state.ID}
	if e.job != nil {
		texts = append(texts, e.job.Name, e.job.ExternalID)
	}
	for name, value := range e.state.Labels {
		texts = append(texts, name+"="+value)
	}
	wanted := strings.ToLower(q.Text)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), wanted) })
}

// cut returns which of n jobs are on the page. Beyond the last page is the last page: on a screen that is left alone,
// jobs become fewer.
func (q *query) cut(n int) (from, to int) {
	last := max(0, (n-1)/perPage)
	from = min(q.page-1, last) * perPage
	return from, min(from+perPage, n)
}

// link is the URL of another page, or of another group, with the same filter.
func (q *query) link(page int, show string) string {
	values := url.Values{}
	for name, value := range map[string]string{"account": q.Account, "status": q.Status, "q": q.Text, "show": show} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	return "/?" + values.Encode()
}
