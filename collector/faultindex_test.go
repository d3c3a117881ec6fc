package collector_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// faultTests names, for each kind of fault that was seen, the tests that show what it costs. Whoever meets another adds a
// line.
func faultTests() map[string][]string {
	return map[string][]string{
		// Lists
		`{"Username":"u","ActiveJobs":["x",{…good…},17,[],{…2 MiB…},{…good…}]}`: {"TestList_OddElementCostsOnlyItself"},
		"the list of one status answers 500, a page, INVALID_OPTION":            {"TestList_FailureOfOneStatusLeavesTheOthersAlone", "TestList_FailureOfTheFirstRefreshLeavesTheOthersAlone"},
		"every list answers NOT_PARENT_ACCOUNT, one configured job is fine":     {"TestList_RefusedByEveryStatusIsSeenAndCostsNoConfiguredJob"},
		"a job in process grows older than created_within, or leaves its list":  {"TestDiscovery_OpenJobsAreListedWhateverTheirAge", "TestDiscovery_JobThatLeavesItsListIsFetchedUntilItIsFinished"},
		"other IDs in every list, max_jobs: 50, ten refreshes":                  {"TestDiscovery_MaxJobsBoundsWhatIsWatchedInAll"},
		"more jobs than max_jobs":                                     {"TestDiscovery_OldestAreCutWhateverTheirStatus", "TestDiscovery_FinishedJobsInRetentionAreCutFirst"},
		"first refresh failed (500, BAD_API_TOKEN, a page), then /sd": {"TestSD_UnavailableUntilEveryListWasHadOnce", "TestSD_LastKnownJobsWhenListsFail"},
		// Jobs
		"120 jobs answer 500 for good, 30 are fine, concurrency 16":               {"TestJob_ManyThatFailForGoodKeepNoOtherWaiting"},
		"Complete, and returned 5 minutes later; settled_interval, or discovered": {"TestJob_ReturnIsSeenAfterCompletion", "TestJob_CompleteWithoutReturnIsFetchedForAnHour"},
		"a job that hangs, at the first scrape":                                   {"TestJob_HasASeriesFromTheFirstScrapeOn", "TestJob_PendingUntilACallHasEndedAndNoAccountBefore"},
		"DueDate 29/08/2014 14:00 and other forms":                                {"TestJob_DateThatCannotBeReadIsSaid"},
		"connection reset before the headers":                                     {"TestJob_AtMostThreeRequestsARefresh"},
		"one job answers 503 or 429 with Retry-After: 3600; so does a probe":      {"TestHold_OneJobWaitsAlone", "TestHold_ProbeOfAJobThatNobodyWatchesHoldsNobodyElse", "TestHold_SecondJobBearsItOut"},
		"Retry-After while other calls are under way; a shorter one; 99999999999": {"TestHold_NothingIsRepeatedAndTheLongerHolds", "TestHold_LastsAnHourAtMost"},
		// Account, session, gate
		"the session ends with 401, 403, or 200 + ErrorType":                         {"TestSession_ThatEndsIsRenewedOnceHoweverTheAPISaysSo", "TestSession_NewTokenThatIsRefusedTooIsNoStormOfLogins"},
		"a login refused with 401":                                                   {"TestSession_RefusedLoginBacksOffWhateverItsStatus"},
		"a probe with 0.5 s while a login takes 1.2 s":                               {"TestSession_LoginOutlivesWhoeverWaitsForIt"},
		"requests_per_second: 1, slow calls":                                         {"TestGate_PacesInfoListLoginRepeatsAndProbes", "TestGate_ProbeThatHasTimeWaitsForItsRoom"},
		"calls take 1.5 s, scrapes wait 0.5 s; or a client leaves at once":           {"TestAccount_ImpatientClientsChangeNothing"},
		"only finished jobs, settled_interval, API gone or token revoked":            {"TestAccount_OfFinishedJobsIsProvedByACall"},
		"one job answers a bad body while all others are settled":                    {"TestAccount_OneBadJobAmongSettledOnesIsTheJobsFailure"},
		"the last job leaves while the account was down":                             {"TestAccount_IsNotDownWithNothingToWatch", "TestAccount_DownIsForgottenWhenTheLastJobLeavesAndAnotherComes"},
		"ten reloads without a change: logins, allowance, min_interval, back-off":    {"TestReload_WithoutAChangeLogsNobodyIn", "TestReload_WithoutAChangeGivesNoAllowance", "TestReload_WithoutAChangeKeepsTheMinInterval", "TestReload_WithoutAChangeKeepsTheBackOff", "TestReload_WithoutAChangeKeepsTheHold", "TestReload_StarvesNoJob"},
		"reload during a scrape":                                                     {"TestReload_DuringARefreshKeepsWhatItLearns", "TestReload_RejectedJobDoesNotGetItsOldValuesBack", "TestReload_WithEveryScrapeKeepsToTheConcurrency"},
		"probes only: secrets, job files, /sd":                                       {"TestSD_ReadsChangedJobFilesAndSecrets", "TestSD_ProbesOnlyKnowStatuses", "TestProbe_AloneKeepsTheSessionAndTheAccountUsable"},
		"CompletedDate in the night when clocks go back; old; with an offset; ahead": {"TestZone_SuspectedOnlyByDatesThatSpeakAgainstIt", "TestZone_NotSuspectedByWhatIsFirstSeenComplete"},
		"probes of jobs that nobody watches, 40 clients":                             {"TestGate_WatchedJobsKeepTheirShareHoweverManyProbeUnwatchedOnes", "TestGate_ProbesGetAQuarterWhileARefreshHasCallsToMake"},
	}
}

func TestFaults_EachKnownOneHasATest(t *testing.T) {
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, name := range names {
		if !strings.HasSuffix(name.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(name.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(t `).FindAllSubmatch(text, -1) {
			tests[string(match[1])] = true
		}
	}
	for fault, wanted := range faultTests() {
		if len(wanted) == 0 {
			t.Errorf("%s: got no test, want one", fault)
		}
		for _, name := range wanted {
			if !tests[name] {
				t.Errorf("%s: got no test %s, want one", fault, name)
			}
		}
	}
}
