package gremlin

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestANeverAnsweredWriteMayHaveBeenAppliedAndAReadHasFailed(t *testing.T) {
	f := serve(t, nil, func(*fakeConn, fakeRequest) {})
	vu := vuOn(t, f.url, "timeoutMs: 80")
	expect(t, vu, write, "info timeout")
	expect(t, vu, read, "fail timeout")
	expect(t, vu, `g.submit("g.V()", { timeoutMs: 30 }).durationMs < 5000`, "true")
}

func TestAScriptThatDoesNotSayIsTakenToWrite(t *testing.T) {
	f := serve(t, nil, func(*fakeConn, fakeRequest) {})
	vu := vuOn(t, f.url, "timeoutMs: 50")
	expect(t, vu, say+`(g.submit("g.V()"))`, "info timeout")
}

func TestASecondAnswerToTheSameRequestIsNobodysAnswer(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		list := fmt.Sprintf(`[%q]`, r.args["gremlin"])
		c.answer(r.id, 200, list)
		c.answer(r.id, 200, `["again"]`)
	})
	vu := vuOn(t, f.url, "")
	for i := range 20 {
		expect(t, vu, fmt.Sprintf(`g.submit("q%d").data()[0]`, i), fmt.Sprintf("q%d", i))
	}
	if got := f.accepted.Load(); got != 1 {
		t.Fatalf("expected one connection, got %d", got)
	}
}

func TestALateAnswerToWhatWasGivenUpIsNobodysAnswer(t *testing.T) {
	var late atomic.Value
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		if r.args["gremlin"] == "slow" {
			late.Store(r.id)
			return
		}
		c.answer(late.Load().(string), 200, `["late"]`)
		c.answer(r.id, 200, `["mine"]`)
	})
	vu := vuOn(t, f.url, "timeoutMs: 500")
	expect(t, vu, say+`(g.submit("slow", { timeoutMs: 50 }))`, "info timeout")
	expect(t, vu, `g.submit("quick").data()[0]`, "mine")
}

func TestAConnectionThatEndsMidFrameLosesItsAnswerAndTheNextRequestHasANewOne(t *testing.T) {
	var once atomic.Bool
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		if once.CompareAndSwap(false, true) {
			_, _ = c.NetConn().Write([]byte{0x82, 126, 0x03, 0xe8, '{'}) // a frame of 1000 bytes, and one of them
			_ = c.NetConn().Close()
			return
		}
		c.answer(r.id, 200, `[]`)
	})
	vu := vuOn(t, f.url, "timeoutMs: 2000")
	expect(t, vu, write, "info closed")
	expect(t, vu, write, "ok")
}

func TestAHugeFrameEndsTheConnectionAndNotTheProcess(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		if r.args["gremlin"] == "huge" {
			_, _ = c.NetConn().Write([]byte{0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) // 8 EiB are announced
			return
		}
		c.answer(r.id, 200, `["`+strings.Repeat("x", 100)+`"]`)
	})
	vu := vuOn(t, f.url, "timeoutMs: 2000, maxFrameBytes: 1000")
	expect(t, vu, say+`(g.submit("huge"))`, "info closed")
	expect(t, vu, write, "ok")
}

func TestPartsOfAnAnswerAreOneAndTooManyAreTooLarge(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		if r.args["gremlin"] == "endless" {
			for range 50 {
				c.answer(r.id, 206, `["`+strings.Repeat("x", 1000)+`"]`)
			}
			return
		}
		c.answer(r.id, 206, `["a"]`)
		c.answer(r.id, 206, `["b","c"]`)
		c.answer(r.id, 200, `["d"]`)
	})
	vu := vuOn(t, f.url, "maxAnswerBytes: 5000, timeoutMs: 2000")
	expect(t, vu, `g.submit("parts").data().join("")`, "abcd")
	expect(t, vu, say+`(g.submit("endless"))`, "info too-large")
	expect(t, vu, `g.submit("parts").data().join("")`, "abcd")
}

func TestPartsWithoutAnEndAreNoAnswer(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 206, `["a"]`) })
	vu := vuOn(t, f.url, "timeoutMs: 80")
	expect(t, vu, write, "info timeout")
	expect(t, vu, read, "fail timeout")
}

func TestAnAnswerToARequestThatNobodyMadeEndsTheConnection(t *testing.T) {
	wrong := []string{"00000000-0000-0000-0000-000000000000", "", "nonsense"}
	for _, id := range wrong {
		f := serve(t, nil, func(c *fakeConn, _ fakeRequest) { c.answer(id, 200, `[]`) })
		vu := vuOn(t, f.url, "timeoutMs: 2000")
		expect(t, vu, write, "info closed")
	}
	f := serve(t, nil, func(c *fakeConn, _ fakeRequest) { c.say(`{"requestId":null,"status":{"code":200}}`) })
	expect(t, vuOn(t, f.url, "timeoutMs: 2000"), write, "info closed")
	f = serve(t, nil, func(c *fakeConn, _ fakeRequest) { c.say(`not JSON`) })
	expect(t, vuOn(t, f.url, "timeoutMs: 2000"), read, "fail closed")
}

func TestAnAnswerThatComesBeforeItsRequestIsNotBelieved(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		next := r.id[:24] + fmt.Sprintf("%012x", 3) // the greeting was 1, this is 2
		c.answer(next, 200, `["foreseen"]`)
	})
	vu := vuOn(t, f.url, "timeoutMs: 2000")
	expect(t, vu, write, "info closed")
}

func TestACertificateForAnotherNameIsRefusedBeforeAnythingIsSent(t *testing.T) {
	f := serve(t, &tls.Config{}, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, `[]`) })
	ca := pemOf(f.server.Certificate())
	expect(t, vuOn(t, f.url, fmt.Sprintf("tls: { ca: %q, serverName: 'elsewhere.test' }", ca)), write, "fail tls")
	expect(t, vuOn(t, f.url, ""), write, "fail tls")
	if f.asked.Load() != 0 || f.accepted.Load() != 0 {
		t.Fatal("expected that the server was asked nothing")
	}
	expect(t, vuOn(t, f.url, fmt.Sprintf("tls: { ca: %q, serverName: 'example.com' }", ca)), write, "ok")
}

// blackHole takes connections and says nothing.
func blackHole(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "ws://" + listener.Addr().String() + "/gremlin"
}

func TestManyUsersOfABlackHoledHandshakeAllEndInTimeAndSentNothing(t *testing.T) {
	url := blackHole(t)
	root := NewRoot()
	t.Cleanup(root.Close)
	const users = 50
	took := make(chan time.Duration, users)
	for range users {
		vu := vuOf(t, root, url, "timeoutMs: 300, greetTimeoutMs: 10000")
		go func() {
			began := time.Now()
			if got := vu.Run(write).String(); got != "fail not-connected" {
				t.Errorf("expected fail not-connected, got %s", got)
			}
			took <- time.Since(began)
		}()
	}
	for range users {
		if d := <-took; d > 5*time.Second {
			t.Errorf("expected an end after 300 ms, got %s", d)
		}
	}
}

func TestNobodyThereIsRefusedAndAServerThatComesLaterIsFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	vu := vuOn(t, "ws://"+address+"/gremlin", "timeoutMs: 1000")
	expect(t, vu, write, "fail refused")
	if _, err := vu.Try(`g.open(300)`); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Fatalf("expected the reason, and not that time was over, got %v", err)
	}
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, `[]`) })
	vu = vuOn(t, f.url, "timeoutMs: 1000")
	expect(t, vu, write, "ok")
	f.server.CloseClientConnections()
	deadline := time.Now().Add(10 * time.Second)
	for vu.Run(write).String() != "ok " {
		if time.Now().After(deadline) {
			t.Fatal("expected that the client comes back by itself")
		}
	}
}

func TestAServerThatAnswersNoPingIsGivenUpForAnotherConnection(t *testing.T) {
	var accepted atomic.Int32
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) { c.answer(r.id, 200, `[]`) }, func(c *fakeConn) {
		if accepted.Add(1) == 1 { // answers the greeting, and no ping
			c.SetPingHandler(func(string) error { return nil })
		}
	})
	vu := vuOn(t, f.url, "pingMs: 20, timeoutMs: 2000")
	expect(t, vu, write, "ok")
	deadline := time.Now().Add(10 * time.Second)
	for f.accepted.Load() < 2 {
		if time.Now().After(deadline) {
			t.Fatal("expected a second connection")
		}
		time.Sleep(100 * time.Millisecond) // nothing is asked, so that nothing is heard
		expect(t, vu, write, "ok")
	}
}

func TestAConnectionOnWhichEverythingTimesOutIsEvictedAlthoughItAnswersPings(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {})
	vu := vuOn(t, f.url, "timeoutMs: 30, evictAfter: 3, pingMs: 10")
	for range 3 {
		expect(t, vu, write, "info timeout")
	}
	expect(t, vu, say+`(g.submit("x", { timeoutMs: 1000 }))`, "info timeout")
	if got := f.accepted.Load(); got != 2 {
		t.Fatalf("expected a second connection, got %d in all", got)
	}
}

func TestAServerThatStopsReadingHoldsNobodyLongerThanHisTimeout(t *testing.T) {
	release := make(chan struct{})
	f := serve(t, nil, func(*fakeConn, fakeRequest) { <-release })
	t.Cleanup(func() { close(release) })
	vu := vuOn(t, f.url, "timeoutMs: 50, evictAfter: 1000000, pingMs: 60000")
	vu.Run(`var big = "x".repeat(1 << 20)`)
	for range 40 {
		vu.Run(`if (g.submit(big).durationMs > 5000) throw new Error("held")`)
	}
}

func TestTextFramesAreUnderstood(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, r fakeRequest) {
		_ = c.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf(`{"requestId":{"@type":"g:UUID","@value":%q},"status":{"code":204}}`, r.id)))
	})
	expect(t, vuOn(t, f.url, ""), write, "ok")
}
