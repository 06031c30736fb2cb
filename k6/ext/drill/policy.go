package drill

import "fmt"

// policy is a client's failover, the harness's own (src/client/service-policy.ts) in Go: an ordered list of sites, each behind a circuit breaker.
// A test compares the two. Not for several goroutines at once: its lane's lock guards it.
type policy struct {
	sites    []string
	set      Failover
	circuits []circuit
	current  int
	onMove   func(kind string, m move)
}

type circuit struct {
	failures    int
	open        bool
	openUntilUs int64
	trials      int
}

// move is what the harness's journal says of a failover or a failback.
type move struct {
	Service   string `json:"service"`
	From      string `json:"from"`
	To        string `json:"to"`
	DecidedUs int64  `json:"decided_us"`
	Reason    string `json:"reason"`
}

const none = -1

// route is where an operation goes: first, as a half-open call, to trial, unless that is none; then to site.
type route struct{ site, trial int }

func newPolicy(sites []string, set Failover, onMove func(string, move)) *policy {
	return &policy{sites: sites, set: set, circuits: make([]circuit, len(sites)), onMove: onMove}
}

// route of an operation that is invoked now; false when every circuit is open. Only a write makes a trial: a read may ask for what is not there.
func (p *policy) route(nowUs int64, mayTry bool) (route, bool) {
	if p.circuits[p.current].open {
		if next := p.closed(); next != none {
			p.move("failover", next, nowUs, "its circuit is open")
		}
	}
	trial := none
	if mayTry {
		trial = p.takeTrial(nowUs)
	}
	if !p.circuits[p.current].open {
		return route{p.current, trial}, true
	}
	return route{trial, trial}, trial != none // nothing is closed: the trial is all there is
}

// report says how an attempt ended. answered: the site did its part, whatever the answer was.
func (p *policy) report(site int, answered, trial bool, nowUs int64, code string) {
	c := &p.circuits[site]
	if trial {
		c.trials--
	}
	if answered {
		c.failures = 0
		if !trial || !c.open {
			return
		}
		c.open = false
		if p.set.Failback == "automatic" && site < p.current {
			p.move("failback", site, nowUs, "a trial succeeded")
		}
		return
	}
	c.failures++
	switch {
	case !c.open && c.failures >= p.set.After:
		p.open(site, nowUs, code)
	case c.open && trial:
		c.openUntilUs = nowUs + p.set.RetryUs
	}
}

// moveTo is a person's: the site's circuit is closed.
func (p *policy) moveTo(name string, nowUs int64) {
	for site, each := range p.sites {
		if each == name {
			p.circuits[site].failures, p.circuits[site].open = 0, false
			p.move("failback", site, nowUs, "moved back by the operator")
		}
	}
}

func (p *policy) open(site int, nowUs int64, code string) {
	p.circuits[site].open, p.circuits[site].openUntilUs = true, nowUs+p.set.RetryUs
	if next := p.closed(); site == p.current && next != none {
		p.move("failover", next, nowUs, fmt.Sprintf("%d consecutive failures, the last: %s", p.set.After, code))
	}
}

func (p *policy) takeTrial(nowUs int64) int {
	for site := range p.circuits {
		c := &p.circuits[site]
		if c.open && c.openUntilUs <= nowUs && c.trials < p.set.HalfOpen {
			c.trials++
			return site
		}
	}
	return none
}

func (p *policy) move(kind string, to int, nowUs int64, reason string) {
	from := p.current
	p.current = to
	p.onMove(kind, move{From: p.sites[from], To: p.sites[to], DecidedUs: nowUs, Reason: reason})
}

func (p *policy) closed() int {
	for site := range p.circuits {
		if !p.circuits[site].open {
			return site
		}
	}
	return none
}
