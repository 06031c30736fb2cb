// Package outcome decides what became of an operation, as the harness's own probes do (src/probes/cql-errors.ts, gremlin-answer.ts).
package outcome

// Outcome is one of OK, Fail and Info.
type Outcome string

const (
	// OK is acknowledged: the store said that it is done.
	OK Outcome = "ok"
	// Fail is certainly not applied; of a read: no right answer, whatever the reason.
	Fail Outcome = "fail"
	// Info is a write that may or may not have been applied.
	Info Outcome = "info"
)

// Verdict is an outcome and, unless it is OK, a short code of why: "timeout", "refused", "unavailable".
type Verdict struct {
	Outcome Outcome
	Error   string
}

// Acknowledged is the verdict of what was answered well.
func Acknowledged() Verdict { return Verdict{Outcome: OK} }

// Failed is the verdict of an operation that was not acknowledged. certain: it can be excluded that it was applied.
func Failed(writes, certain bool, code string) Verdict {
	if writes && !certain {
		return Verdict{Info, code}
	}
	return Verdict{Fail, code}
}
