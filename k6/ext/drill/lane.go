package drill

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// lane is a timetable at work: what it does with each of its operations is what src/client/lane.ts does. Even ones write, odd ones read the last
// key that the same site acknowledged.
type lane struct {
	set    Lane
	run    string
	client string
	retry  *Retry
	most   int
	// position in the configuration.
	position int
	clock    clock
	record   *record
	late     *lateness

	mu          sync.Mutex
	policy      *policy
	started     bool
	startUs     int64
	stopUs      int64
	begun       int64
	running     int
	lastWritten []written // by site
	ended       chan struct{}
	told        sync.Once
}

type written struct {
	key  string
	seq  int64
	warm bool
}

func newLane(position int, set Lane, config *Config, c clock, r *record, late *lateness, onMove func(string, move)) *lane {
	l := &lane{
		set: set, run: config.Run, client: config.Client, retry: config.Retry, most: config.InFlight, position: position,
		clock: c, record: r, late: late, stopUs: math.MaxInt64, ended: make(chan struct{}),
	}
	l.policy = newPolicy(set.Sites, config.Failover, func(kind string, m move) {
		m.Service = set.Service
		onMove(kind, m)
	})
	for _, site := range set.Sites {
		l.lastWritten = append(l.lastWritten, written{key: l.warmKey(site), warm: true})
	}
	return l
}

// warmKey is that of the row that the warm-up writes at a site (src/client/warm-up.ts).
func (l *lane) warmKey(site string) string {
	return l.run + "/warm." + strings.Join([]string{l.set.Probe, l.set.Service, l.client, site}, ".") + "/0"
}

// writeKey of operation k (src/history/timetable.ts).
func (l *lane) writeKey(k int64) string {
	return l.run + "/" + l.set.Probe + "." + l.set.Service + "." + l.client + "/" + strconv.FormatInt(k, 10)
}

// slot is the intended instant of operation k: start + ⌊k · 10⁶ / rate⌋, whatever happened to the ones before it.
func (l *lane) slot(k int64) int64 { return l.startUs + k*1_000_000/l.set.Rate }

func (l *lane) start(us int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.started, l.startUs = true, us
}

// begin is operation k at its instant, or nil where there is none: it was shed, the lane was stopped before, or k6 ends.
func (l *lane) begin(k int64, done <-chan struct{}) *Operation {
	intended := l.slot(k)
	if !l.clock.sleepUntil(intended, done) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if intended > l.stopUs {
		return nil
	}
	l.begun++
	l.late.fired(intended)
	op := l.operation(k, intended)
	if l.running >= l.most {
		now := l.clock.nowUs()
		l.row(op, op.current(), now, now, "fail", "shed", "")
		l.endIfOver()
		return nil
	}
	l.running++
	return op
}

func (l *lane) operation(k, intended int64) *Operation {
	op := &Operation{of: l, Lane: l.position, index: k, intendedUs: intended, Writes: k%2 == 0}
	if op.Writes {
		op.Key, op.Seq = l.writeKey(k), k
	} else {
		last := l.lastWritten[l.policy.current]
		op.Key, op.Seq = last.key, last.seq
	}
	return op
}

// acknowledged: called with the lock.
func (l *lane) acknowledged(site int, key string, seq int64) {
	if known := l.lastWritten[site]; known.warm || known.seq < seq {
		l.lastWritten[site] = written{key: key, seq: seq}
	}
}

// stop ends the lane after every operation that is due by now; the returned number is the last of them, -1 where there is none. `ended` closes
// when each was begun and is over.
func (l *lane) stop() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopUs = min(l.stopUs, l.clock.nowUs())
	l.endIfOver()
	return l.last()
}

func (l *lane) last() int64 {
	if !l.started || l.startUs > l.stopUs {
		return -1
	}
	k := (l.stopUs - l.startUs) * l.set.Rate / 1_000_000
	for l.slot(k+1) <= l.stopUs {
		k++
	}
	for k >= 0 && l.slot(k) > l.stopUs {
		k--
	}
	return k
}

func (l *lane) endIfOver() {
	if l.stopUs == math.MaxInt64 || l.running > 0 || l.begun != l.last()+1 {
		return
	}
	select {
	case <-l.ended:
	default:
		close(l.ended)
	}
}

// row of an attempt; called with the lock.
func (l *lane) row(op *Operation, site string, invokedUs, completedUs int64, outcome, code, sum string) {
	op.attempts++
	l.record.row(l, attempt{
		index: op.index, number: op.attempts, site: site, key: op.Key, writes: op.Writes,
		intendedUs: op.intendedUs, invokedUs: invokedUs, completedUs: completedUs,
		outcome: outcome, code: code, sum: sum,
	})
}
