package drill

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// aheadUs is how long before the first operation k6 may begin: operations wait for their instant, which k6's own start must not be later than.
const aheadUs = 200_000

// engine is one for a process: k6 under a harness's command. Orders come on standard input, events go to file descriptor 3, rows to 4; when
// standard input ends without an order to end, the process does at once: it never outlives its harness.
type engine struct {
	config  *Config
	clock   clock
	record  *record
	late    *lateness
	lanes   []*lane
	started chan struct{}
	ending  chan struct{}
	over    atomic.Bool
	phase   atomic.Value
	starts  sync.WaitGroup
}

func newEngine(config *Config, rows, events io.Writer) *engine {
	e := &engine{
		config: config, clock: clock{config.OriginNs}, record: &record{rowsTo: rows, eventsTo: events},
		started: make(chan struct{}), ending: make(chan struct{}),
	}
	e.phase.Store("")
	e.late = newLateness(config.Client, e.clock, func(fromUs, toUs int64, cause string) {
		e.tell("stall", map[string]any{"client": config.Client, "from_us": fromUs, "to_us": toUs, "cause": cause, "generator": "k6"})
	})
	for position, set := range config.Lanes {
		e.lanes = append(e.lanes, newLane(position, set, config, e.clock, e.record, e.late, func(kind string, m move) { e.tell(kind, m) }))
	}
	e.starts.Add(len(e.lanes))
	go func() {
		e.starts.Wait()
		close(e.started)
	}()
	return e
}

func (e *engine) tell(kind string, data any) {
	e.record.tell(map[string]any{"type": kind, "data": data})
}

// order is what the harness says (src/load/protocol.ts).
type order struct {
	Type   string `json:"type"`
	Starts []struct {
		Timetable int   `json:"timetable"`
		StartUs   int64 `json:"startUs"`
	} `json:"starts"`
	Timetables []int  `json:"timetables"`
	Service    string `json:"service"`
	To         string `json:"to"`
	Phase      string `json:"phase"`
}

// obey until standard input ends.
func (e *engine) obey(from *bufio.Reader) {
	ended := false
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			if !ended {
				giveUp()
			}
			return
		}
		var o order
		if json.Unmarshal(line, &o) != nil {
			giveUp() // a harness that cannot be understood is none
		}
		switch o.Type {
		case "start":
			for _, one := range o.Starts {
				e.lanes[one.Timetable].start(one.StartUs)
				e.starts.Done()
			}
		case "stop":
			for _, n := range o.Timetables {
				go e.stop(n)
			}
		case "failback":
			e.failback(o.Service, o.To)
		case "phase":
			e.phase.Store(o.Phase)
		case "end":
			ended = true
			close(e.ending)
			go e.end()
		}
	}
}

func (e *engine) failback(service, to string) {
	for _, l := range e.lanes {
		if l.set.Service == service {
			l.mu.Lock()
			l.policy.moveTo(to, e.clock.nowUs())
			l.mu.Unlock()
		}
	}
}

func (e *engine) stop(n int) {
	l := e.lanes[n]
	last := l.stop()
	<-l.ended
	l.told.Do(func() {
		e.record.flush()
		e.record.tell(map[string]any{"type": "timetable-ended", "timetable": n, "last": last})
	})
}

// end stops whatever still runs, and lets the next iteration of k6 abort the test.
func (e *engine) end() {
	select {
	case <-e.started:
		var all sync.WaitGroup
		for n := range e.lanes {
			all.Go(func() { e.stop(n) })
		}
		all.Wait()
	default: // nothing was ever begun
	}
	e.late.end()
	e.over.Store(true)
}

// work hands over rows, and once a second the processor time that was used.
func (e *engine) work() {
	flush, usage := time.NewTicker(flushEvery), time.NewTicker(time.Second)
	for {
		select {
		case <-flush.C:
			e.record.flush()
		case <-usage.C:
			e.tell("usage", map[string]any{"at_us": e.clock.nowUs(), "cpu_us": cpuTime().Microseconds()})
		}
	}
}

// awaitStart resolves shortly before the first operation.
func (e *engine) awaitStart(ctx context.Context) error {
	e.record.tell(map[string]any{"type": "ready"})
	select {
	case <-e.started:
	case <-e.ending:
		return errors.New("the harness ended the load before it began")
	case <-ctx.Done():
		return ctx.Err()
	}
	first := e.lanes[0].startUs
	for _, l := range e.lanes {
		first = min(first, l.startUs)
	}
	e.clock.sleepUntil(first-aheadUs, ctx.Done())
	return nil
}

// giveUp: the harness is gone.
func giveUp() { os.Exit(1) }
