package gremlin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"drill.local/xk6-drill/internal/testvu"
)

func TestNothingCanBeAskedInTheInitContext(t *testing.T) {
	vu := testvu.New(t, NewRoot())
	vu.Run(`const g = x.connect({ url: "ws://192.0.2.1:1/gremlin" })`)
	for _, code := range []string{`g.open()`, `g.submit("g.V()")`, `g.bytecode([["V"]])`} {
		if _, err := vu.Try(code); err == nil || !strings.Contains(err.Error(), "init context") {
			t.Errorf("%s: expected an error that names the init context, got %v", code, err)
		}
	}
}

func TestWrongOptionsAreErrorsThatNameThem(t *testing.T) {
	vu := testvu.New(t, NewRoot())
	for options, want := range map[string]string{
		``:                                            "expected an object",
		`"ws://h:1/gremlin"`:                          "expected an object",
		`{}`:                                          "url",
		`{ url: "http://h" }`:                         "url",
		`{ url: "ws://u:secret@h:1/gremlin" }`:        "use auth",
		`{ url: "ws://h", timeoutMS: 1 }`:             "timeoutMS",
		`{ url: "ws://h", timeoutMs: "2s" }`:          "timeoutMs",
		`{ url: "ws://h", timeoutMs: 0 }`:             "timeoutMs",
		`{ url: "ws://h", connections: 0 }`:           "connections",
		`{ url: "ws://h", connections: 1.5 }`:         "connections",
		`{ url: "ws://h", traversalSource: "g.V()" }`: "traversalSource",
		`{ url: "ws://h", tls: {} }`:                  "wss://",
		`{ url: "wss://h", tls: { ca: "x" } }`:        "tls.ca",
		`{ url: "wss://h", tls: { cert: "x" } }`:      "tls.cert",
		`{ url: "ws://h", auth: { username: "a", password: "" } }`: "auth",
	} {
		_, err := vu.Try("x.connect(" + options + ")")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: expected an error with %q, got %v", options, want, err)
		}
	}
}

func TestEveryOperationIsMeasuredWithItsTags(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		if r.args["gremlin"] == "bad" {
			c.say(`{"requestId":"` + r.id + `","status":{"code":500,"message":"?"}}`)
			return
		}
		c.answer(r.id, 200, `[]`)
	})
	vu := vuOn(t, f.url, "")
	vu.Run(`g.submit("good", { operation: "balance", writes: false }); g.submit("bad")`)
	got := map[string]float64{}
	for _, sample := range vu.Samples() {
		tags := sample.Tags.Map()
		name := fmt.Sprintf("%s %s %s %s %s %s", sample.Metric.Name, tags["site"], tags["operation"], tags["phase"], tags["outcome"], tags["error"])
		got[name] = sample.Value
	}
	for name, want := range map[string]float64{
		"gremlin_reqs paris balance before ok ":                 1,
		"gremlin_req_failed paris balance before ok ":           0,
		"gremlin_reqs paris write before info server-500":       1,
		"gremlin_req_failed paris write before info server-500": 1,
		"gremlin_connect_failed paris connect before ok ":       0,
	} {
		if value, there := got[name]; !there || value != want {
			t.Errorf("expected %s to be %v, got %v", name, want, got)
		}
	}
	for _, name := range []string{"gremlin_req_duration paris balance before ok ", "gremlin_connect_duration paris connect before ok "} {
		if got[name] <= 0 {
			t.Errorf("expected %s above 0, got %v", name, got[name])
		}
	}
}

type dialerFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (d dialerFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d(ctx, network, address)
}

func TestTheUsersDialerIsUsedAndItsPanicStopsNothing(t *testing.T) {
	for _, fails := range []dialerFunc{
		func(context.Context, string, string) (net.Conn, error) { panic("at the dialer") },
		func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no") },
	} {
		vu := testvu.New(t, NewRoot())
		vu.Run(`const g = x.connect({ url: "ws://192.0.2.1:1/gremlin" })`)
		vu.Start(fails)
		expect(t, vu, write, "fail not-connected")
	}
}

func TestAUserThatIsStoppedWaitsForNothing(t *testing.T) {
	f := serve(t, nil, func(*fakeConn, fakeRequest) {})
	vu := vuOn(t, f.url, "timeoutMs: 60000")
	time.AfterFunc(100*time.Millisecond, vu.CancelContext)
	expect(t, vu, write, "info aborted")
	expect(t, vu, write, "fail aborted")
}

func TestUsersOfOneProcessShareTheConnections(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, `[]`) })
	root := NewRoot()
	t.Cleanup(root.Close)
	for range 10 {
		expect(t, vuOf(t, root, f.url, ""), write, "ok")
	}
	if got := f.accepted.Load(); got != 1 {
		t.Fatalf("expected one connection, got %d", got)
	}
}

func TestOpenConnectsEverySlot(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, `[]`) })
	root := NewRoot()
	t.Cleanup(root.Close)
	vu := testvu.New(t, root)
	vu.Run(fmt.Sprintf(`const g = x.connect({ url: %q, connections: 3 })`, f.url))
	vu.Start(nil).Run(`g.open(5000)`)
	if got := f.accepted.Load(); got != 3 {
		t.Fatalf("expected three connections, got %d", got)
	}
}
