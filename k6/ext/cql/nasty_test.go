package cql

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

func TestAnAcknowledgedWriteIsOk(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	vu := vuOn(t, f.port(), "")
	expect(t, vu, write, "ok")
	expect(t, vu, `s.open()`, "undefined")
}

func TestANeverAnsweredWriteMayHaveBeenAppliedAndAReadHasFailed(t *testing.T) {
	f := serve(t, nil, func(*fakeConn, uint16) {})
	vu := vuOn(t, f.port(), "timeoutMs: 300")
	expect(t, vu, write, "info timeout")
	expect(t, vu, read, "fail timeout")
}

func TestWhatCouldNotBePreparedWasCertainlyNotApplied(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	f.prepare = func(*fakeConn, uint16) bool { return true } // says nothing
	expect(t, vuOn(t, f.port(), "timeoutMs: 300"), write, "fail timeout")
	f = serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	f.prepare = func(c *fakeConn, stream uint16) bool {
		c.fail(stream, gocql.ErrCodeOverloaded, "busy")
		return true
	}
	expect(t, vuOn(t, f.port(), ""), write, "fail overloaded")
	if f.executed.Load() != 0 {
		t.Fatal("expected that nothing was executed")
	}
}

func TestValuesOfTheWrongTypeAreNeverSent(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	vu := vuOn(t, f.port(), "")
	expect(t, vu, say+`(s.execute("INSERT INTO ks.t (c0) VALUES (?)", [1.5]))`, "fail invalid")
	expect(t, vu, say+`(s.execute("INSERT INTO ks.t (c0) VALUES (?)", ["x"]))`, "fail invalid")
	expect(t, vu, say+`(s.execute("INSERT INTO ks.t (c0) VALUES (?)", [1, 2]))`, "fail invalid")
	if _, err := vu.Try(`s.execute("INSERT INTO ks.t (c0) VALUES (?)", [() => 1])`); err == nil {
		t.Fatal("expected that a function is no value")
	}
	if f.executed.Load() != 0 {
		t.Fatal("expected that nothing was executed")
	}
}

func TestServerErrorsAreDecidedAsTheProbesDecideThem(t *testing.T) {
	timedOut := append(append(short(uint16(gocql.LocalQuorum)), number(1)...), append(number(2), text("SIMPLE")...)...)
	for _, one := range []struct {
		code          int
		more          []byte
		writes, reads string
	}{
		{gocql.ErrCodeUnavailable, append(short(6), append(number(2), number(1)...)...), "fail unavailable", "fail unavailable"},
		{gocql.ErrCodeWriteTimeout, timedOut, "info write-timeout", "fail write-timeout"},
		{gocql.ErrCodeOverloaded, nil, "info overloaded", "fail overloaded"},
		{gocql.ErrCodeServer, nil, "info server-0", "fail server-0"},
		{gocql.ErrCodeUnauthorized, nil, "fail auth", "fail auth"},
		{gocql.ErrCodeInvalid, nil, "fail invalid", "fail invalid"},
		{gocql.ErrCodeBootstrapping, nil, "fail bootstrapping", "fail bootstrapping"},
		{gocql.ErrCodeTruncate, nil, "info server-4099", "fail server-4099"},
	} {
		f := serve(t, nil, func(c *fakeConn, stream uint16) { c.fail(stream, one.code, "said", one.more...) })
		vu := vuOn(t, f.port(), "")
		expect(t, vu, write, one.writes)
		expect(t, vu, read, one.reads)
		if got := f.executed.Load(); got != 2 {
			t.Errorf("%#x: expected that nothing is sent twice, got %d statements for 2", one.code, got)
		}
	}
}

func TestAConnectionThatEndsMidFrameLosesItsAnswerAndTheNextStatementHasANewOne(t *testing.T) {
	var once atomic.Bool
	f := serve(t, nil, func(c *fakeConn, stream uint16) {
		if once.CompareAndSwap(false, true) {
			_, _ = c.Write([]byte{0x84, 0, byte(stream >> 8), byte(stream), opResult, 0, 0, 3, 0xe8, 1})
			_ = c.Close()
			return
		}
		c.done(stream)
	})
	vu := vuOn(t, f.port(), "timeoutMs: 2000")
	expect(t, vu, write, "info closed")
	eventually(t, func() bool { return vu.Run(write).String() == "ok " })
}

func TestFramesThatAreNoProtocolEndTheConnectionAndNotTheProcess(t *testing.T) {
	for name, frame := range map[string][]byte{
		"huge":            {0x84, 0, 0, 0, opResult, 0x7f, 0xff, 0xff, 0xff},
		"another version": {0x99, 0, 0, 0, opResult, 0, 0, 0, 0},
		"unknown kind":    {0x84, 0, 0, 0, opResult, 0, 0, 0, 4, 9, 9, 9, 9},
		"torn rows":       {0x84, 0, 0, 0, opResult, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 1},
	} {
		var once atomic.Bool
		f := serve(t, nil, func(c *fakeConn, stream uint16) {
			if once.CompareAndSwap(false, true) {
				frame := append([]byte(nil), frame...)
				frame[2], frame[3] = byte(stream>>8), byte(stream)
				_, _ = c.Write(frame)
				return
			}
			c.done(stream)
		})
		vu := vuOn(t, f.port(), "timeoutMs: 500")
		if got := vu.Run(write).String(); !strings.HasPrefix(got, "info") {
			t.Errorf("%s: expected info, got %s", name, got)
		}
		eventually(t, func() bool { return vu.Run(write).String() == "ok " })
	}
}

func TestAConnectionOnWhichNothingIsHeardIsEvicted(t *testing.T) {
	var deaf atomic.Bool
	f := serve(t, nil, func(c *fakeConn, stream uint16) {
		if deaf.Load() {
			select {} // and everything after it on this connection
		}
		c.done(stream)
	})
	vu := vuOn(t, f.port(), "timeoutMs: 200, evictAfter: 2")
	expect(t, vu, write, "ok")
	before := f.accepted.Load()
	deaf.Store(true)
	expect(t, vu, write, "info timeout")
	expect(t, vu, write, "info timeout")
	deaf.Store(false)
	eventually(t, func() bool { return vu.Run(write).String() == "ok " })
	if f.accepted.Load() == before {
		t.Fatal("expected a new connection")
	}
}

func TestManyUsersOfABlackHoledHandshakeAllEndInTimeAndSentNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	root := NewRoot()
	t.Cleanup(root.Close)
	const users = 50
	took := make(chan time.Duration, users)
	for range users {
		vu := vuOf(t, root, listener.Addr().(*net.TCPAddr).Port, "timeoutMs: 300, greetTimeoutMs: 1000")
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

func TestNobodyThereIsRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	vu := vuOn(t, listener.Addr().(*net.TCPAddr).Port, "")
	expect(t, vu, write, "fail refused")
	if _, err := vu.Try(`s.open(300)`); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Fatalf("expected the reason, and not that time was over, got %v", err)
	}
}

func TestTheDatacenterMustBeTheSites(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	vu := vuOn(t, f.port(), "datacenter: 'london-dc'")
	expect(t, vu, write, "fail wrong-datacenter")
	if _, err := vu.Try(`s.open(2000)`); err == nil || !strings.Contains(err.Error(), "wrong-datacenter") {
		t.Fatalf("expected the reason, got %v", err)
	}
}

func TestLogins(t *testing.T) {
	f := serve(t, nil, func(c *fakeConn, stream uint16) { c.done(stream) })
	f.login = "alice|s3cret"
	expect(t, vuOn(t, f.port(), "auth: { username: 'alice', password: 's3cret' }"), write, "ok")
	vu := vuOn(t, f.port(), "auth: { username: 'alice', password: 'wr0ng-pass' }")
	expect(t, vu, write, "fail auth")
	_, err := vu.Try(`s.open(1000)`)
	said := fmt.Sprint(err) + vu.Text(`s.execute("SELECT 1", [])`)
	if strings.Contains(said, "wr0ng-pass") {
		t.Fatalf("the password is told: %s", said)
	}
}

func TestACertificateForAnotherNameIsRefused(t *testing.T) {
	lender := httptest.NewUnstartedServer(nil)
	lender.StartTLS()
	t.Cleanup(lender.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw}))
	f := serve(t, &tls.Config{Certificates: lender.TLS.Certificates}, func(c *fakeConn, stream uint16) { c.done(stream) })
	expect(t, vuOn(t, f.port(), fmt.Sprintf("tls: { ca: %q, serverName: 'elsewhere.test' }", ca)), write, "fail tls")
	expect(t, vuOn(t, f.port(), fmt.Sprintf("tls: { ca: %q, serverName: 'example.com' }", ca)), write, "ok")
}

// eventually: the driver connects again by itself, in its own time.
func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("expected that the client comes back by itself")
		}
	}
}
