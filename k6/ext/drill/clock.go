package drill

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock counts microseconds since the run's origin: CLOCK_MONOTONIC, as every process of the harness does.
type clock struct{ originNs int64 }

func (c clock) nowUs() int64 { return (nanoseconds(unix.CLOCK_MONOTONIC) - c.originNs) / 1000 }

// sleepUntil returns at an instant or a little after it, at once when it is past; false when done was closed before.
func (c clock) sleepUntil(us int64, done <-chan struct{}) bool {
	wait := time.Duration(us-c.nowUs()) * time.Microsecond
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}

// suspendedNs is boot time minus monotonic time: it grows by what the machine was suspended.
func suspendedNs() int64 { return nanoseconds(unix.CLOCK_BOOTTIME) - nanoseconds(unix.CLOCK_MONOTONIC) }

func nanoseconds(of int32) int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(of, &ts); err != nil { // every Linux has these clocks
		panic(err)
	}
	return ts.Nano()
}
