package cielo24

import "time"

// Field is a text of a job, as labels, service discovery and output name it.
type Field struct {
	Name  string
	Title string            // Name for people
	Value func(*Job) string // "" if the API did not give it
}

// Fields returns the texts of a job but for its ID and its status, in the order in which they are shown.
func Fields() []Field {
	return []Field{
		{"job_name", "Name", func(j *Job) string { return j.Name }},
		{"external_id", "External ID", func(j *Job) string { return j.ExternalID }},
		{"priority", "Priority", func(j *Job) string { return j.Priority }},
		{"fidelity", "Fidelity", func(j *Job) string { return j.Fidelity }},
		{"difficulty", "Difficulty", func(j *Job) string { return j.Difficulty }},
		{"source_language", "Source language", func(j *Job) string { return j.SourceLanguage }},
		{"target_language", "Target language", func(j *Job) string { return j.TargetLanguage }},
	}
}

// DateField is a date of a job.
type DateField struct {
	Name      string               // as in the names of metrics and in UnreadableDate
	Time      func(*Job) time.Time // the zero time if it is not set or cannot be read
	HasOffset func(*Job) bool      // whether the API said in which zone it is
}

// Dates returns the dates of a job in the order in which they happen.
func Dates() []DateField {
	return []DateField{
		{"created", func(j *Job) time.Time { return j.Created }, func(j *Job) bool { return j.CreatedHasOffset }},
		{"authorized", func(j *Job) time.Time { return j.Authorized }, func(j *Job) bool { return j.AuthorizedHasOffset }},
		{"started", func(j *Job) time.Time { return j.Started }, func(j *Job) bool { return j.StartedHasOffset }},
		{"due", func(j *Job) time.Time { return j.Due }, func(j *Job) bool { return j.DueHasOffset }},
		{"completed", func(j *Job) time.Time { return j.Completed }, func(j *Job) bool { return j.CompletedHasOffset }},
		{"returned", func(j *Job) time.Time { return j.Returned }, func(j *Job) bool { return j.ReturnedHasOffset }},
	}
}

// DateNames returns the names of Dates.
func DateNames() []string {
	var names []string
	for _, d := range Dates() {
		names = append(names, d.Name)
	}
	return names
}
