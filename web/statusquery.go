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
	Show    string // the name of one of groups, "" for all
	Text    string // in what is shown of a job, in any case
	page    int    // from 1
}

// statuses are those to choose from.
func statuses() []string { return append(cielo24.Statuses(), cielo24.StatusUnknown) }

// readQuery reads the parameters; the error is one line that says which is wrong.
func readQuery(values url.Values, accounts []string) (query, error) {
	q := query{
		Account: values.Get("account"), Status: values.Get("status"), Show: values.Get("show"),
		Text: strings.Join(strings.Fields(values.Get("q")), " "), page: 1,
	}
	var shows []string
	for _, g := range groups() {
		shows = append(shows, g.name)
	}
	for _, parameter := range []struct {
		name, value string
		known       []string
	}{{"account", q.Account, accounts}, {"status", q.Status, statuses()}, {"show", q.Show, shows}} {
		if parameter.value != "" && !slices.Contains(parameter.known, parameter.value) {
			return q, fmt.Errorf("parameter %s: unknown value %.100q (known: %s)", parameter.name, parameter.value,
				strings.Join(parameter.known, ", "))
		}
	}
	if len(q.Text) > 200 {
		return q, fmt.Errorf("parameter q: %d bytes are too many, at most 200 are searched for", len(q.Text))
	}
	if text := values.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return q, fmt.Errorf("parameter page: %.20q is not a number from 1", text)
		}
		q.page = n
	}
	return q, nil
}

// filters reports whether the query leaves any jobs out.
func (q *query) filters() bool {
	return q.Account != "" || q.Status != "" || q.Show != "" || q.Text != ""
}

// filter returns the rows to show.
func (q *query) filter(rows []row) []*row {
	found := make([]*row, 0, len(rows))
	for i := range rows {
		if q.matches(&rows[i]) {
			found = append(found, &rows[i])
		}
	}
	return found
}

// matches reports whether the job is to be shown.
func (q *query) matches(r *row) bool {
	switch {
	case q.Account != "" && r.account != q.Account,
		q.Status != "" && (r.job == nil || r.job.Status != q.Status),
		q.Show != "" && !slices.ContainsFunc(groups(), func(g group) bool { return g.name == q.Show && g.has(r) }):
		return false
	}
	return q.Text == "" || q.finds(r)
}

// finds reports whether the text that is searched for stands in what is shown of the job. A job ID is found with and
// without its dashes.
func (q *query) finds(r *row) bool {
	wanted := strings.ToLower(q.Text)
	if slices.ContainsFunc(r.texts(), func(text string) bool { return strings.Contains(strings.ToLower(text), wanted) }) {
		return true
	}
	id := undashed(wanted)
	return id != "" && strings.Contains(undashed(strings.ToLower(r.id)), id)
}

// undashed returns a job ID without dashes.
func undashed(id string) string { return strings.ReplaceAll(id, "-", "") }

// bounds returns which of n jobs are on the page. Beyond the last page is the last page: on a screen that is left alone,
// jobs become fewer.
func (q *query) bounds(n int) (from, to int) {
	last := max(0, (n-1)/perPage)
	from = min(q.page-1, last) * perPage
	return from, min(from+perPage, n)
}

// link is the URL of another page, or of another group, with the same filter. Like all links it is relative, since a
// proxy may have put the page below a prefix.
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
	if len(values) == 0 {
		return "./"
	}
	return "./?" + values.Encode()
}
