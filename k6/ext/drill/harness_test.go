package drill

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// harness is the other end of an engine's pipes.
type harness struct {
	t      *testing.T
	engine *engine
	orders *io.PipeWriter
	mu     sync.Mutex
	events []map[string]any
	rows   strings.Builder
}

func (h *harness) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rows.Write(p)
}

type eventSink struct{ of *harness }

func (s eventSink) Write(p []byte) (int, error) {
	var event map[string]any
	if err := json.Unmarshal(p, &event); err != nil {
		s.of.t.Errorf("no line of JSON: %q", p)
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.events = append(s.of.events, event)
	return len(p), nil
}

func start(t *testing.T, change func(*Config)) *harness {
	t.Helper()
	config := &Config{
		Run: "r1", OriginNs: nanoseconds(unix.CLOCK_MONOTONIC), Client: "outside", InFlight: 50,
		Lanes:    []Lane{{Probe: "cql", Service: "load", Rate: 1000, TimeoutUs: 2_000_000, Sites: []string{"paris", "london"}}},
		Failover: Failover{After: 5, RetryUs: 30_000_000, HalfOpen: 1, Failback: "operator"},
	}
	if change != nil {
		change(config)
	}
	from, to := io.Pipe()
	h := &harness{t: t, orders: to}
	h.engine = newEngine(config, h, eventSink{h})
	go h.engine.obey(bufio.NewReader(from))
	return h
}

func (h *harness) order(text string) {
	h.t.Helper()
	if _, err := io.WriteString(h.orders, text+"\n"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) begin(inUs int64) int64 {
	us := h.engine.clock.nowUs() + inUs
	h.order(fmt.Sprintf(`{"type":"start","starts":[{"timetable":0,"startUs":%d}]}`, us))
	<-h.engine.started
	return us
}

// await an event of this type.
func (h *harness) await(kind string) map[string]any {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		h.mu.Lock()
		for _, event := range h.events {
			if event["type"] == kind {
				h.mu.Unlock()
				return event
			}
		}
		h.mu.Unlock()
	}
	h.t.Fatalf("no event %s", kind)
	return nil
}

// table of rows, by name of column.
func (h *harness) table() []map[string]string {
	h.t.Helper()
	h.engine.record.flush()
	h.mu.Lock()
	defer h.mu.Unlock()
	names := strings.Split("index,attempt,probe,service,site,client,key,f,intended_us,invoked_us,completed_us,outcome,error,value_sha", ",")
	all, err := csv.NewReader(strings.NewReader(h.rows.String())).ReadAll()
	if err != nil {
		h.t.Fatal(err)
	}
	var rows []map[string]string
	for _, fields := range all {
		row := map[string]string{}
		for i, name := range names {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// users are k6's: each takes the next iteration, as the script does, until its operation is null and the engine is over.
func (h *harness) users(count int, act func(*Operation) (string, string)) *sync.WaitGroup {
	var next, all = make(chan int64), &sync.WaitGroup{}
	stop := make(chan struct{})
	go func() {
		for k := int64(0); ; k++ {
			select {
			case next <- k:
			case <-stop:
				return
			}
		}
	}()
	for range count {
		all.Add(1)
		go func() {
			defer all.Done()
			for !h.engine.over.Load() {
				op := h.engine.lanes[0].begin(<-next, nil)
				for op != nil {
					more, err := op.Next()
					if err != nil {
						h.t.Error(err)
					}
					if !more {
						break
					}
					outcome, code := act(op)
					if err := op.End(outcome, code, "sum"); err != nil {
						h.t.Error(err)
					}
				}
			}
		}()
	}
	go func() { all.Wait(); close(stop) }()
	return all
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
