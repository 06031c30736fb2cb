package drill

import (
	"fmt"
	"testing"
)

func TestEveryOperationHasARowAtItsIntendedInstantUntilTheLaneIsStopped(t *testing.T) {
	h := start(t, nil)
	from := h.begin(20_000)
	users := h.users(40, func(*Operation) (string, string) { return "ok", "" })
	h.engine.clock.sleepUntil(from+300_000, nil)
	h.order(`{"type":"stop","timetables":[0]}`)
	ended := h.await("timetable-ended")
	h.order(`{"type":"end"}`)
	users.Wait()
	rows := h.table()
	last := int64(ended["last"].(float64))
	if int64(len(rows)) != last+1 || last < 200 {
		t.Fatalf("expected a row for each of 0 to %d, got %d rows", last, len(rows))
	}
	seen := map[string]bool{}
	for _, row := range rows {
		k := number(t, row["index"])
		if seen[row["index"]] {
			t.Fatalf("operation %d twice", k)
		}
		seen[row["index"]] = true
		if intended := number(t, row["intended_us"]); intended != from+k*1000 {
			t.Fatalf("operation %d: expected intended %d, got %d", k, from+k*1000, intended)
		}
		if number(t, row["invoked_us"]) < number(t, row["intended_us"]) {
			t.Fatalf("operation %d was invoked before its instant", k)
		}
		if wanted := map[bool]string{true: "write", false: "read"}[k%2 == 0]; row["f"] != wanted {
			t.Fatalf("operation %d: expected a %s, got a %s", k, wanted, row["f"])
		}
		if row["f"] == "write" && row["key"] != fmt.Sprintf("r1/cql.load.outside/%d", k) {
			t.Fatalf("operation %d has the key %s", k, row["key"])
		}
	}
}

func TestAReadAsksForWhatTheSameSiteAcknowledgedAndBeforeThatForTheWarmRow(t *testing.T) {
	h := start(t, nil)
	h.begin(0)
	l := h.engine.lanes[0]
	read := l.begin(1, nil)
	if read.Key != "r1/warm.cql.load.outside.paris/0" || read.Seq != 0 {
		t.Errorf("expected the warm row, got %s", read.Key)
	}
	write := l.begin(2, nil)
	carryOut(t, write, "info", "timeout")
	if again := l.begin(3, nil); again.Key != read.Key {
		t.Errorf("what may not have been applied is read: %s", again.Key)
	}
	write = l.begin(4, nil)
	carryOut(t, write, "ok", "")
	if again := l.begin(5, nil); again.Key != "r1/cql.load.outside/4" || again.Seq != 4 {
		t.Errorf("expected the last acknowledged write, got %s", again.Key)
	}
}

func carryOut(t *testing.T, op *Operation, outcome, code string) {
	t.Helper()
	for {
		more, err := op.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
		if err := op.End(outcome, code, ""); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsMoreThanMayBeUnderWayIsShedAndSaysSo(t *testing.T) {
	h := start(t, func(c *Config) { c.InFlight = 2 })
	h.begin(0)
	l := h.engine.lanes[0]
	a, b, c := l.begin(0, nil), l.begin(1, nil), l.begin(2, nil)
	if a == nil || b == nil || c != nil {
		t.Fatal("expected the third to be shed")
	}
	rows := h.table()
	if len(rows) != 1 || rows[0]["index"] != "2" || rows[0]["outcome"] != "fail" || rows[0]["error"] != "shed" {
		t.Fatalf("expected a row that says so, got %v", rows)
	}
	carryOut(t, a, "ok", "")
	carryOut(t, b, "ok", "")
	if l.begin(3, nil) == nil {
		t.Error("expected room again")
	}
}

func TestFiveFailuresMoveTheServiceAndRetriesAreAttemptsOfTheSameOperation(t *testing.T) {
	h := start(t, func(c *Config) { c.Retry = &Retry{Retries: 1, BaseUs: 1000, MaxUs: 1000} })
	h.begin(0)
	l := h.engine.lanes[0]
	for k := range int64(5) {
		op := l.begin(2*k, nil)
		for {
			more, err := op.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			outcome, code := "fail", "refused"
			if op.Site == 1 {
				outcome, code = "ok", ""
			}
			if err := op.End(outcome, code, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	moved := h.await("failover")["data"].(map[string]any)
	if moved["service"] != "load" || moved["from"] != "paris" || moved["to"] != "london" {
		t.Errorf("expected paris → london, got %v", moved)
	}
	rows := h.table()
	third := rows[4:6]
	if third[0]["index"] != third[1]["index"] || third[0]["site"] != "paris" || third[1]["attempt"] != "2" || third[1]["site"] != "london" {
		t.Errorf("expected a second attempt in london, got %v", third)
	}
	h.order(`{"type":"failback","service":"load","to":"paris"}`)
	h.await("failback")
	if op := l.begin(20, nil); op.current() != "paris" {
		t.Error("expected it to be back")
	}
}

func TestWhatIsLateBecauseOfTheGeneratorIsAStall(t *testing.T) {
	h := start(t, nil)
	from := h.begin(0)
	l := h.engine.lanes[0]
	h.engine.clock.sleepUntil(from+250_000, nil)
	l.begin(0, nil)
	now := h.engine.clock.nowUs()
	l.begin((now-from)/1000+1_100, nil)
	stall := h.await("stall")["data"].(map[string]any)
	if int64(stall["from_us"].(float64)) != from || stall["generator"] != "k6" || stall["client"] != "outside" {
		t.Errorf("expected it from the intended instant on, got %v", stall)
	}
	late := h.engine.late.summary()["lateness_us"].(map[string]any)
	if late["n"] != int64(2) || late["max"].(int64) < 250_000 {
		t.Errorf("expected two, one of them late by more than 250 ms, got %v", late)
	}
}

func TestALaneThatIsStoppedBeforeItsFirstOperationHasNone(t *testing.T) {
	h := start(t, nil)
	h.begin(3_600_000_000)
	h.order(`{"type":"stop","timetables":[0]}`)
	if last := h.await("timetable-ended")["last"]; last != float64(-1) {
		t.Errorf("expected -1, got %v", last)
	}
}

func TestAnOperationIsEndedOnceForEachAttempt(t *testing.T) {
	h := start(t, nil)
	h.begin(0)
	op := h.engine.lanes[0].begin(0, nil)
	if op.End("ok", "", "") == nil {
		t.Error("expected an error: nothing is under way")
	}
	if _, err := op.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := op.Next(); err == nil {
		t.Error("expected an error: the attempt was not ended")
	}
	if op.End("maybe", "", "") == nil {
		t.Error("expected an error: no such outcome")
	}
}

func TestAConfigurationThatIsNoneIsRefused(t *testing.T) {
	for _, text := range []string{`{`, `{}`, `{"run":"r","client":"outside","inFlight":1,"originNs":"1","lanes":[{"service":"x"}]}`} {
		if _, err := parseConfig([]byte(text)); err == nil {
			t.Errorf("%s: expected an error", text)
		}
	}
}

func TestQuantilesAreExactByNearestRank(t *testing.T) {
	h := start(t, nil)
	l := h.engine.late
	for us := range int64(100) {
		l.counts[us]++
		l.n++
	}
	if got := []int64{l.quantile(50), l.quantile(99)}; got[0] != 49 || got[1] != 98 {
		t.Errorf("expected 49 and 98 of 0 to 99, got %v", got)
	}
}
