package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"cielo24_exporter/config"
)

func TestJobFiles_FoundInAFolderWithBracketsInItsName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[prod]*?")
	write(t, filepath.Join(dir, "jobs.yml"), "- aa\n")
	write(t, filepath.Join(dir, "c.yml"), wrap("api_token: x\njob_files: [jobs.yml, 'j*.yml']"))
	cfg, err := config.Load(filepath.Join(dir, "c.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if jobs, problems := cfg.Accounts[0].JobFiles.Read(); len(jobs) != 1 || problems != nil {
		t.Error(jobs, problems)
	}
}

// A volume of Kubernetes has its files as links into a hidden folder.
func TestJobFiles_MayBeAVolumeOfKubernetes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "jobs", "..2026_11_23", "term.yml"), "- aa\n")
	write(t, filepath.Join(dir, "c.yml"), wrap("api_token: x\njob_files: ['jobs/*', jobs/..2026_11_23/term.yml]"))
	for link, to := range map[string]string{"..data": "..2026_11_23", "term.yml": "..data/term.yml"} {
		if err := os.Symlink(to, filepath.Join(dir, "jobs", link)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := config.Load(filepath.Join(dir, "c.yml"))
	want := dir + "/jobs/term.yml:1: duplicate job ID, also at " + dir + "/jobs/..2026_11_23/term.yml:1"
	if err == nil || err.Error() != want {
		t.Errorf("%v; want %s: both files, and nothing of the folder", err, want)
	}
}
