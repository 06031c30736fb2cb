package drill

import (
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// stallUs is the lateness from which the generator itself, not the platform, is in question (measurement.md, "Operations").
const stallUs = 100_000

// latenessLimitUs: exact below, counted together above.
const latenessLimitUs = 1_000_000

// lateness is what the generator measures of itself: was it on time, as src/client/self-measure.ts does for the harness's own clients.
type lateness struct {
	mu        sync.Mutex
	client    string
	clock     clock
	onStall   func(fromUs, toUs int64, cause string)
	counts    []uint32
	n, maxUs  int64
	stalled   bool
	fromUs    int64
	toUs      int64
	suspended int64
	cpuBefore time.Duration
}

func newLateness(client string, c clock, onStall func(fromUs, toUs int64, cause string)) *lateness {
	return &lateness{
		client: client, clock: c, onStall: onStall, counts: make([]uint32, latenessLimitUs+1),
		suspended: suspendedNs(), cpuBefore: cpuTime(),
	}
}

// apartUs: users wake up in any order, and what is late comes in between what is not; stalls that are nearer to each other are one.
const apartUs = 1_000_000

// fired notes an operation. One that is very late begins or prolongs a stall; one that was due a second after it and is punctual ends it.
func (l *lateness) fired(intendedUs int64) {
	now := l.clock.nowUs()
	late := max(0, now-intendedUs)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n == 0 { // connecting and warming up is not what is measured
		l.cpuBefore = cpuTime()
	}
	l.n++
	l.maxUs = max(l.maxUs, late)
	l.counts[min(late, latenessLimitUs)]++
	switch {
	case late > stallUs && l.stalled:
		l.fromUs, l.toUs = min(l.fromUs, intendedUs), max(l.toUs, now)
	case late > stallUs:
		l.stalled, l.fromUs, l.toUs = true, intendedUs, now
	case l.stalled && intendedUs > l.toUs+apartUs:
		l.endStall()
	}
}

func (l *lateness) endStall() {
	if !l.stalled {
		return
	}
	l.stalled = false
	cause := "unknown"
	if now := suspendedNs(); now-l.suspended > stallUs*1000/2 {
		cause, l.suspended = "suspend", now
	}
	l.onStall(l.fromUs, l.toUs, cause)
}

// end is for the last stall: no punctual operation follows it.
func (l *lateness) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endStall()
}

// quantile by nearest rank; what is beyond the limit is the maximum.
func (l *lateness) quantile(percent int64) int64 {
	rank := (percent*l.n + 99) / 100
	for us, count := range l.counts {
		if rank -= int64(count); rank <= 0 && count > 0 {
			if us == latenessLimitUs {
				return l.maxUs
			}
			return int64(us)
		}
	}
	return 0
}

// summary is the data of the journal's event `client`. There is no event loop.
func (l *lateness) summary() map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	return map[string]any{
		"client":      l.client,
		"lateness_us": map[string]any{"n": l.n, "p50": l.quantile(50), "p99": l.quantile(99), "max": l.maxUs},
		"loop_us":     map[string]any{"n": 0, "p50": 0, "p99": 0, "max": 0},
		"gc_us":       gc.PauseTotal.Microseconds(),
		"cpu_us":      (cpuTime() - l.cpuBefore).Microseconds(),
		"operations":  l.n,
	}
}

// cpuTime of this process so far, in user and in system mode.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil { // cannot fail for the process itself
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
