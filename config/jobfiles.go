package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// JobFiles are lists of jobs in files of their own. It is safe for concurrent use.
type JobFiles struct {
	patterns []string        // absolute, or relative to the working directory
	taken    map[JobID]place // jobs that the configuration itself lists

	mu       sync.Mutex
	files    map[string]*jobFile
	jobs     []Job
	problems Problems
}

// jobFile is a file as it was when it was read last.
type jobFile struct {
	info     fs.FileInfo
	list     jobList  // the last good one
	problems Problems // of the last reading
}

// readJobFiles reads the patterns and the files that match them now.
func readJobFiles(v value, listed jobList) *JobFiles {
	f := &JobFiles{taken: listed.places, files: map[string]*jobFile{}}
	v.each(func(v value) {
		pattern, ok := v.text()
		if !ok {
			return
		}
		path := v.globPath(pattern)
		matches, err := filepath.Glob(path)
		switch {
		case pattern == "":
			v.fail("must not be empty")
		case err != nil:
			v.fail("not a file name or pattern: %s", quote(pattern))
		case len(matches) == 0 && !strings.ContainsAny(pattern, `*?[\`):
			v.fail("no such file: %s", v.path(pattern))
		default:
			f.patterns = append(f.patterns, path)
		}
	})
	_, problems := f.Read()
	v.problems = append(v.problems, problems...)
	return f
}

// path is s relative to the configuration file.
func (v value) path(s string) string {
	if filepath.IsAbs(s) {
		return s
	}
	return filepath.Join(v.dir, s)
}

// globPath is v.path for a pattern: what looks like one in the folder's own name is none.
func (v value) globPath(pattern string) string {
	if filepath.IsAbs(pattern) || filepath.Separator == '\\' { // Windows has no escapes in patterns
		return v.path(pattern)
	}
	escaped := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(v.dir)
	return filepath.Join(escaped, pattern)
}

// Read returns the jobs in the files as they are now, and what is wrong with them. Only files that have changed are
// read. One that has become broken keeps its last good jobs; a job that stands somewhere else, too, counts once.
func (f *JobFiles) Read() ([]Job, Problems) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := f.names()
	if f.update(names) {
		f.merge(names)
	}
	return f.jobs, f.problems
}

// names returns the files that match, sorted. As in a shell, a hidden file is matched by nothing but its dot: a volume
// of Kubernetes is full of them.
func (f *JobFiles) names() []string {
	var names []string
	for _, pattern := range f.patterns {
		matches, _ := filepath.Glob(pattern) // a bad pattern was found when the configuration was read
		for _, name := range matches {
			if !hidden(name) || hidden(pattern) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func hidden(name string) bool { return strings.HasPrefix(filepath.Base(name), ".") }

// update reads the files that have changed, forgets those that are gone, and reports whether there were any.
func (f *JobFiles) update(names []string) bool {
	changed := false
	for name := range f.files {
		if _, there := slices.BinarySearch(names, name); !there {
			delete(f.files, name)
			changed = true
		}
	}
	for _, name := range names {
		info, err := os.Stat(name)
		known := f.files[name]
		if err == nil && known != nil && known.info != nil && os.SameFile(info, known.info) &&
			info.ModTime().Equal(known.info.ModTime()) && info.Size() == known.info.Size() {
			continue
		}
		if known == nil {
			known = &jobFile{}
			f.files[name] = known
		}
		known.info = info
		known.read(name)
		changed = true
	}
	return changed
}

// read reads the file; a broken one leaves the last good list.
func (j *jobFile) read(name string) {
	data, problem := readRegular(name)
	if problem != "" {
		j.info = nil // try again: permissions may change without a trace in the file
		j.problems = Problems{{File: name, Text: problem}}
		return
	}
	r := &reader{file: name, dir: filepath.Dir(name), budget: maxNodes}
	list := jobList{file: name, places: map[JobID]place{}}
	if root, ok := r.document(data); ok {
		list.read(root)
	}
	if j.problems = r.sorted(); len(j.problems) == 0 {
		j.list = list
	}
}

// merge joins the lists of all files.
func (f *JobFiles) merge(names []string) {
	f.jobs, f.problems = nil, nil
	taken := map[JobID]place{}
	for _, name := range names {
		file := f.files[name]
		f.problems = append(f.problems, file.problems...)
		for i, job := range file.list.jobs {
			here := place{name, file.list.lines[i]}
			first, twice := f.taken[job.Key]
			if !twice {
				first, twice = taken[job.Key]
			}
			if twice {
				f.problems = append(f.problems, Problem{File: name, Line: here.line, Text: duplicate(first)})
				continue
			}
			taken[job.Key] = here
			f.jobs = append(f.jobs, job)
		}
	}
}
