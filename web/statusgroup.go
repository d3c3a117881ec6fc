package web

// group is a kind of jobs that somebody asks for. The dashboard and the recording rules count the same ones.
type group struct {
	name         string // in the URL
	label, class string // class: if there are any
	has          func(*row) bool
}

// groups are those that the page counts. A job may belong to several.
func groups() []group {
	return []group{
		{"failed", "Failed", "bad", func(r *row) bool { return r.rank == rankFailed }},
		{"rejected", "Rejected", "bad", func(r *row) bool { return r.rank == rankRejected }},
		{"overdue", "Overdue", "bad", func(r *row) bool { return r.rank == rankOverdue }},
		{"due", "Due within 24 h", "soon", func(r *row) bool { return r.rank == rankDue }},
		{"waiting", "Waiting for you", "wait", (*row).waits},
		{"open", "Open", "plain", (*row).open},
		{"failing", "Fetch failing", "soon", (*row).failing},
		{"complete", "Complete", "good", func(r *row) bool { return r.rank == rankComplete }},
	}
}

// tile is a number that is worth a look. A click on it shows its jobs.
type tile struct {
	Label, Class, Link string
	Count              int
	Chosen             bool
}

// tiles counts the rows.
func tiles(rows []row, q query) []tile {
	var all []tile
	for _, g := range groups() {
		t := tile{Label: g.label, Link: q.link(1, g.name), Chosen: q.Show == g.name}
		for i := range rows {
			if g.has(&rows[i]) {
				t.Count++
			}
		}
		if t.Chosen {
			t.Link = q.link(1, "")
		}
		if t.Count > 0 {
			t.Class = g.class
		}
		all = append(all, t)
	}
	return all
}
