package drill

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
)

// What the harness's own clients did (npm run k6:policy).
type walk struct {
	Settings struct {
		After    int    `json:"after"`
		RetryUs  int64  `json:"retry_us"`
		HalfOpen int    `json:"halfOpen"`
		Failback string `json:"failback"`
	} `json:"settings"`
	Sites []string `json:"sites"`
	Steps []struct {
		Route *struct {
			At     int64 `json:"at"`
			MayTry bool  `json:"mayTry"`
		} `json:"route"`
		To     *[2]int `json:"to"`
		Report *struct {
			Site     int    `json:"site"`
			Answered bool   `json:"answered"`
			Trial    bool   `json:"trial"`
			At       int64  `json:"at"`
			Error    string `json:"error"`
		} `json:"report"`
		MoveTo string `json:"moveTo"`
		At     int64  `json:"at"`
	} `json:"steps"`
	Moves []string `json:"moves"`
}

func TestTheFailoverIsThatOfTheHarnesssClients(t *testing.T) {
	text, err := os.ReadFile("testdata/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var walks []walk
	if err := json.Unmarshal(text, &walks); err != nil {
		t.Fatal(err)
	}
	if len(walks) < 20 {
		t.Fatalf("expected walks, got %d", len(walks))
	}
	for n, w := range walks {
		var moves []string
		p := newPolicy(w.Sites, Failover(w.Settings), func(kind string, m move) {
			moves = append(moves, fmt.Sprintf("%s %s %s %d %s", kind, m.From, m.To, m.DecidedUs, m.Reason))
		})
		for i, step := range w.Steps {
			switch {
			case step.Route != nil:
				way, found := p.route(step.Route.At, step.Route.MayTry)
				if found != (step.To != nil) || (found && *step.To != [2]int{way.site, way.trial}) {
					t.Fatalf("walk %d, step %d: expected %v, got %v %v", n, i, step.To, way, found)
				}
			case step.Report != nil:
				r := step.Report
				p.report(r.Site, r.Answered, r.Trial, r.At, r.Error)
			default:
				p.moveTo(step.MoveTo, step.At)
			}
		}
		if !slices.Equal(moves, w.Moves) {
			t.Fatalf("walk %d: expected\n%v\ngot\n%v", n, w.Moves, moves)
		}
	}
}
