package drill

import "errors"

// Operation is what a script carries out, an attempt at a time: `while (op.next()) op.end(…)`.
type Operation struct {
	Key    string `js:"key"`
	Seq    int64  `js:"seq"`
	Writes bool   `js:"writes"`
	// Site is where the attempt goes: a position in the lane's sites.
	Site int `js:"site"`
	// Lane is the lane's position in the configuration.
	Lane int `js:"lane"`

	of         *lane
	index      int64
	intendedUs int64
	attempts   int64
	retried    int
	stage      stage
	way        route
	trial      bool
	invokedUs  int64
	under      bool
	ok         bool
}

type stage int

const (
	asking  stage = iota // where it goes
	tried                // the half-open call was made
	failing              // all that this round had was tried
	over
)

// answered are errors in which the site did its part: it answered, though not rightly. They open no circuit.
var answered = map[string]bool{"absent": true, "partial": true, "corrupt": true, "phantom": true}

// Next begins an attempt; false when there is none to make any more.
func (op *Operation) Next() (bool, error) {
	if op.under {
		return false, errors.New("next: the attempt before it was not ended")
	}
	l := op.of
	for {
		l.mu.Lock()
		more, wait := op.advance()
		l.mu.Unlock()
		if wait > 0 {
			l.clock.sleepUntil(l.clock.nowUs()+wait, nil)
			continue
		}
		return more, nil
	}
}

// advance is called with the lane's lock. wait: microseconds before the retry that comes next.
func (op *Operation) advance() (more bool, wait int64) {
	l := op.of
	for {
		switch {
		case op.stage == over:
			return false, 0
		case op.ok:
			op.finish()
		case op.stage == asking:
			way, found := l.policy.route(l.clock.nowUs(), op.Writes)
			op.way, op.stage = way, failing
			switch {
			case !found:
				now := l.clock.nowUs()
				l.row(op, op.current(), now, now, "fail", "circuit-open", "")
			case way.trial != none:
				op.stage = tried
				op.send(way.trial, true)
				return true, 0
			default:
				op.send(way.site, false)
				return true, 0
			}
		case op.stage == tried:
			op.stage = failing
			if op.way.site != op.way.trial {
				op.send(op.way.site, false)
				return true, 0
			}
		case l.retry == nil || op.retried >= l.retry.Retries:
			op.finish()
		default:
			wait = min(l.retry.BaseUs<<op.retried, l.retry.MaxUs)
			op.retried++
			op.stage = asking
			return false, max(1, wait)
		}
	}
}

func (op *Operation) send(site int, trial bool) {
	op.Site, op.trial, op.under = site, trial, true
	op.invokedUs = op.of.clock.nowUs()
}

func (op *Operation) finish() {
	op.stage = over
	op.of.running--
	op.of.endIfOver()
}

func (op *Operation) current() string { return op.of.set.Sites[op.of.policy.current] }

// End says how the attempt ended: ok, fail or info, a short code, and the checksum that was written or read.
func (op *Operation) End(outcome, code, sum string) error {
	if !op.under {
		return errors.New("end: no attempt is under way")
	}
	if outcome != "ok" && outcome != "fail" && outcome != "info" {
		return errors.New("end: expected ok, fail or info")
	}
	l := op.of
	now := l.clock.nowUs()
	l.mu.Lock()
	defer l.mu.Unlock()
	op.under = false
	op.ok = outcome == "ok"
	l.policy.report(op.Site, op.ok || answered[code], op.trial, now, code)
	l.row(op, l.set.Sites[op.Site], op.invokedUs, now, outcome, code, sum)
	if op.ok && op.Writes {
		l.acknowledged(op.Site, op.Key, op.Seq)
	}
	return nil
}
