package drill

import (
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"
)

// flushEvery is how long a row waits at most before the harness gets it.
const flushEvery = 40 * time.Millisecond

// record hands rows of history.csv and events to the harness. Whole lines only; its writers are pipes that no fault touches.
type record struct {
	mu     sync.Mutex
	rows   []byte
	spare  []byte
	rowsTo io.Writer
	// events are told at once, after the rows that were there before them.
	eventsTo io.Writer
	told     sync.Mutex
}

// attempt is one row.
type attempt struct {
	index, number                      int64
	site, key                          string
	writes                             bool
	intendedUs, invokedUs, completedUs int64
	outcome, code, sum                 string
}

func (r *record) row(of *lane, a attempt) {
	f := "read"
	if a.writes {
		f = "write"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := strconv.AppendInt(r.rows, a.index, 10)
	b = strconv.AppendInt(append(b, ','), a.number, 10)
	for _, text := range []string{of.set.Probe, of.set.Service, a.site, of.client, a.key, f} {
		b = appendField(b, text)
	}
	for _, us := range []int64{a.intendedUs, a.invokedUs, a.completedUs} {
		b = strconv.AppendInt(append(b, ','), us, 10)
	}
	for _, text := range []string{a.outcome, a.code, a.sum} {
		b = appendField(b, text)
	}
	r.rows = append(b, '\r', '\n')
}

// appendField writes RFC 4180. Names and codes hold nothing that needs quotes; one that did would be quoted.
func appendField(b []byte, text string) []byte {
	b = append(b, ',')
	for i := range len(text) {
		if c := text[i]; c == ',' || c == '"' || c == '\r' || c == '\n' {
			b = append(b, '"')
			for j := range len(text) {
				if text[j] == '"' {
					b = append(b, '"')
				}
				b = append(b, text[j])
			}
			return append(b, '"')
		}
	}
	return append(b, text...)
}

// flush hands over the rows that wait.
func (r *record) flush() {
	r.told.Lock()
	defer r.told.Unlock()
	r.mu.Lock()
	rows := r.rows
	r.rows, r.spare = r.spare[:0], nil
	r.mu.Unlock()
	if len(rows) > 0 {
		if _, err := r.rowsTo.Write(rows); err != nil {
			giveUp()
		}
	}
	r.mu.Lock()
	r.spare = rows
	r.mu.Unlock()
}

func (r *record) tell(event map[string]any) {
	line, err := json.Marshal(event)
	if err != nil { // plain values
		panic(err)
	}
	r.told.Lock()
	defer r.told.Unlock()
	if _, err := r.eventsTo.Write(append(line, '\n')); err != nil {
		giveUp()
	}
}
