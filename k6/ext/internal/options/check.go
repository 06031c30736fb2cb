package options

import (
	"encoding/json"
	"errors"
	"time"
)

// Check collects everything that is wrong with some options.
type Check struct{ problems []error }

// Duration of an option; see the function of that name.
func (c *Check) Duration(name string, given Millis, usual time.Duration) time.Duration {
	d, err := Duration(name, given, usual)
	c.Add(err)
	return d
}

// Count of an option; see the function of that name.
func (c *Check) Count(name string, given *int, usual, most int) int {
	n, err := Count(name, given, usual, most)
	c.Add(err)
	return n
}

// Add notes what is wrong; nil is nothing.
func (c *Check) Add(problems ...error) { c.problems = append(c.problems, problems...) }

// Err is everything that was noted, or nil.
func (c *Check) Err() error { return errors.Join(c.problems...) }

// Key of a set of options: clients with the same ones share their connections. It stays in memory.
func Key(given any) string {
	text, err := json.Marshal(given)
	if err != nil { // plain values, read from JSON
		panic(err)
	}
	return string(text)
}
