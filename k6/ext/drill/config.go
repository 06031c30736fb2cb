package drill

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Config is what the harness says in its first line (src/load/protocol.ts).
type Config struct {
	Run      string   `json:"run"`
	OriginNs int64    `json:"originNs,string"`
	Client   string   `json:"client"`
	Lanes    []Lane   `json:"lanes"`
	Failover Failover `json:"failover"`
	// Retry is the client's retries of one operation; nil: none.
	Retry *Retry `json:"retry"`
	// InFlight is how many operations of a lane may be under way; one more is shed.
	InFlight int `json:"inFlight"`
}

// Lane is a timetable of the harness.
type Lane struct {
	Probe     string   `json:"probe"`
	Service   string   `json:"service"`
	Rate      int64    `json:"rate"`
	TimeoutUs int64    `json:"timeout_us"`
	Sites     []string `json:"sites"`
}

// Failover is a circuit breaker's settings.
type Failover struct {
	After    int    `json:"after"`
	RetryUs  int64  `json:"retry_us"`
	HalfOpen int    `json:"halfOpen"`
	Failback string `json:"failback"`
}

// Retry waits base, 2·base, 4·base, at most max.
type Retry struct {
	Retries int   `json:"retries"`
	BaseUs  int64 `json:"base_us"`
	MaxUs   int64 `json:"max_us"`
}

func parseConfig(text []byte) (*Config, error) {
	var c Config
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("the harness's configuration: %w", err)
	}
	if c.Run == "" || c.Client == "" || c.InFlight < 1 || len(c.Lanes) == 0 {
		return nil, errors.New("the harness's configuration: expected run, client, inFlight and at least one lane")
	}
	for _, lane := range c.Lanes {
		if lane.Rate < 1 || lane.TimeoutUs < 1 || len(lane.Sites) == 0 || lane.Probe == "" || lane.Service == "" {
			return nil, fmt.Errorf("the harness's configuration: lane %q: expected probe, service, rate, timeout_us and sites", lane.Service)
		}
	}
	return &c, nil
}
