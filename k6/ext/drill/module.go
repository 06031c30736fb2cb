// Package drill is the k6 extension k6/x/drill: k6 as a generator of the harness's load, which keeps the harness's clock, timetables, failover and
// record. k6/drill.d.ts says what scripts see.
package drill

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib"
)

// File descriptors that the harness gives to the process.
const (
	eventsFd = 3
	rowsFd   = 4
)

func init() { modules.Register("k6/x/drill", &Root{}) }

// Root is one for a process.
type Root struct {
	once   sync.Once
	engine *engine
	text   string
	err    error
}

// NewModuleInstance is called once for each virtual user.
func (r *Root) NewModuleInstance(vu modules.VU) modules.Instance { return &instance{root: r, vu: vu} }

type instance struct {
	root *Root
	vu   modules.VU
	lane int
	name string
}

// Exports is what scripts import.
func (i *instance) Exports() modules.Exports {
	named := map[string]any{
		"config": i.config, "ready": i.ready, "begin": i.begin, "over": i.over, "phase": i.phase, "ended": i.ended, "failed": i.failed,
	}
	return modules.Exports{Default: named, Named: named}
}

// config is the harness's first line, read once for all virtual users.
func (i *instance) config() (sobek.Value, error) {
	r := i.root
	r.once.Do(func() {
		from := bufio.NewReaderSize(os.Stdin, 1<<16)
		line, err := from.ReadBytes('\n')
		if err != nil {
			r.err = errors.New("k6/x/drill: this script is started by the harness (npm run scenario NAME), which configures it on standard input")
			return
		}
		config, err := parseConfig(line)
		if err != nil {
			r.err = fmt.Errorf("k6/x/drill: %w", err)
			return
		}
		r.text = string(line)
		r.engine = newEngine(config, os.NewFile(rowsFd, "rows"), os.NewFile(eventsFd, "events"))
		go r.engine.obey(from)
		go r.engine.work()
	})
	if r.err != nil {
		return nil, r.err
	}
	parse, _ := sobek.AssertFunction(i.vu.Runtime().Get("JSON").ToObject(i.vu.Runtime()).Get("parse"))
	return parse(sobek.Undefined(), i.vu.Runtime().ToValue(r.text))
}

// ready is for setup(): tells the harness that everything is connected and warm, and returns shortly before the first operation.
func (i *instance) ready() error { return i.root.engine.awaitStart(i.vu.Context()) }

// begin is this iteration's operation at its instant, or null. k6's scenario is called as the lane's position.
func (i *instance) begin() (*Operation, error) {
	state := i.vu.State()
	scenario := lib.GetScenarioState(i.vu.Context())
	if state == nil || scenario == nil {
		return nil, errors.New("begin: only in an iteration")
	}
	if scenario.Name != i.name {
		n, err := strconv.Atoi(scenario.Name)
		if err != nil || n < 0 || n >= len(i.root.engine.lanes) {
			return nil, fmt.Errorf("begin: expected a scenario that is called as a lane's position, got %q", scenario.Name)
		}
		i.lane, i.name = n, scenario.Name
	}
	return i.root.engine.lanes[i.lane].begin(int64(state.GetScenarioGlobalVUIter()), i.vu.Context().Done()), nil
}

// over is true once the harness ended the run: the script aborts.
func (i *instance) over() bool { return i.root.engine.over.Load() }

// phase is the harness's.
func (i *instance) phase() string { return i.root.engine.phase.Load().(string) }

// failed tells the harness that the load cannot be made.
func (i *instance) failed(message string) {
	i.root.engine.record.tell(map[string]any{"type": "failed", "message": message})
}

// ended is for handleSummary(): what k6 counted, and what the generator measured of itself.
func (i *instance) ended(dropped int64) {
	e := i.root.engine
	e.tell("generator", map[string]any{"client": e.config.Client, "generator": "k6", "dropped": dropped})
	own := e.late.summary()
	own["client"] = e.config.Client + " (k6)"
	e.tell("client", own)
}
