package cql

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"drill.local/xk6-drill/internal/testvu"
)

// Opcodes of the native protocol, version 4.
const (
	opError        = 0x00
	opStartup      = 0x01
	opReady        = 0x02
	opAuthenticate = 0x03
	opOptions      = 0x05
	opSupported    = 0x06
	opQuery        = 0x07
	opResult       = 0x08
	opPrepare      = 0x09
	opExecute      = 0x0a
	opRegister     = 0x0b
	opAuthResponse = 0x0f
	opAuthSuccess  = 0x10
)

// fake is a Cassandra node that does what a test says with what is executed.
type fake struct {
	t        *testing.T
	listener net.Listener
	login    string // "user|password", empty: none is asked for
	// execute gets the values of a statement as they came.
	execute  func(c *fakeConn, stream uint16)
	prepare  func(c *fakeConn, stream uint16) bool // true: it has answered
	accepted atomic.Int32
	executed atomic.Int32
}

type fakeConn struct {
	net.Conn
	of *fake
}

func serve(t *testing.T, secure *tls.Config, execute func(c *fakeConn, stream uint16)) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, listener: listener, execute: execute}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			f.accepted.Add(1)
			if secure != nil {
				raw = tls.Server(raw, secure)
			}
			go (&fakeConn{raw, f}).serve()
		}
	}()
	return f
}

func (f *fake) port() int { return f.listener.Addr().(*net.TCPAddr).Port }

func (c *fakeConn) serve() {
	defer func() { _ = c.Close() }()
	for {
		var head [9]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[5:]))
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		c.handle(head[4], binary.BigEndian.Uint16(head[2:]), body)
	}
}

func (c *fakeConn) handle(op byte, stream uint16, body []byte) {
	switch op {
	case opOptions:
		c.send(stream, opSupported, short(0))
	case opStartup:
		if c.of.login == "" {
			c.send(stream, opReady, nil)
			return
		}
		c.send(stream, opAuthenticate, text("org.apache.cassandra.auth.PasswordAuthenticator"))
	case opAuthResponse:
		if strings.ReplaceAll(string(body[4:]), "\x00", "|") == "|"+c.of.login {
			c.send(stream, opAuthSuccess, number(-1))
			return
		}
		c.fail(stream, gocql.ErrCodeCredentials, "Provided username and/or password are incorrect: "+string(body[4:]))
	case opRegister:
		c.send(stream, opReady, nil)
	case opQuery:
		c.query(stream, string(body[4:4+binary.BigEndian.Uint32(body)]))
	case opPrepare:
		own := strings.Contains(string(body), "system")
		if own || c.of.prepare == nil || !c.of.prepare(c, stream) {
			c.prepared(stream, string(body[4:]), own)
		}
	case opExecute:
		if bytes.HasPrefix(body, text("the driver's own")) {
			c.rows(stream, []string{"nothing"}, []uint16{13}, nil, nil, nil, nil)
			return
		}
		c.of.executed.Add(1)
		c.of.execute(c, stream)
	}
}

// query answers what the driver asks about the cluster.
func (c *fakeConn) query(stream uint16, statement string) {
	if strings.HasPrefix(statement, "SELECT schema_version") {
		c.rows(stream, []string{"schema_version"}, []uint16{12}, []string{strings.Repeat("v", 16)}, nil, nil, nil)
		return
	}
	if strings.Contains(statement, "system.local") {
		ip := string(net.IPv4(127, 0, 0, 1).To4())
		id := make([]byte, 16)
		id[15] = 1
		c.rows(stream, []string{"key", "data_center", "rack", "release_version", "partitioner", "cluster_name"}, []uint16{13, 13, 13, 13, 13, 13},
			[]string{"local", "paris-dc", "r1", "4.1.0", "org.apache.cassandra.dht.Murmur3Partitioner", "fake"},
			[]string{"host_id", "rpc_address", "broadcast_address", "listen_address"}, []uint16{12, 16, 16, 16}, []string{string(id), ip, ip, ip})
		return
	}
	c.rows(stream, []string{"nothing"}, []uint16{13}, nil, nil, nil, nil)
}

// rows is a result of one row, or of none, whose columns come in two lists.
func (c *fakeConn) rows(stream uint16, names []string, types []uint16, values, names2 []string, types2 []uint16, values2 []string) {
	names, types, values = append(names, names2...), append(types, types2...), append(values, values2...)
	var b bytes.Buffer
	b.Write(number(2))
	b.Write(number(1)) // one keyspace and table for all columns
	b.Write(number(int32(len(names))))
	b.Write(text("system"))
	b.Write(text("local"))
	for i, name := range names {
		b.Write(text(name))
		b.Write(short(types[i]))
	}
	if len(values) == 0 {
		b.Write(number(0))
	} else {
		b.Write(number(1))
	}
	for _, value := range values {
		b.Write(number(int32(len(value))))
		b.WriteString(value)
	}
	c.send(stream, opResult, b.Bytes())
}

// prepared says that the statement has a bigint for each question mark.
func (c *fakeConn) prepared(stream uint16, statement string, own bool) {
	marks := strings.Count(statement, "?")
	var b bytes.Buffer
	b.Write(number(4))
	b.Write(text(map[bool]string{true: "the driver's own", false: "the script's"}[own]))
	b.Write(number(1))
	b.Write(number(int32(marks)))
	b.Write(number(0))
	b.Write(text("ks"))
	b.Write(text("t"))
	for i := range marks {
		b.Write(text(fmt.Sprintf("c%d", i)))
		b.Write(short(2))
	}
	b.Write(number(4)) // no metadata of results
	b.Write(number(0))
	c.send(stream, opResult, b.Bytes())
}

func (c *fakeConn) done(stream uint16) { c.send(stream, opResult, number(1)) }

func (c *fakeConn) fail(stream uint16, code int, message string, more ...byte) {
	c.send(stream, opError, append(append(number(int32(code)), text(message)...), more...))
}

func (c *fakeConn) send(stream uint16, op byte, body []byte) {
	head := []byte{0x84, 0, byte(stream >> 8), byte(stream), op}
	head = binary.BigEndian.AppendUint32(head, uint32(len(body)))
	_, _ = c.Write(append(head, body...))
}

func number(n int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
func short(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
func text(s string) []byte  { return append(short(uint16(len(s))), s...) }

// vuOn is a virtual user that has a session, as the global s, with options such as `timeoutMs: 200`.
func vuOn(t *testing.T, port int, options string) *testvu.VU {
	t.Helper()
	root := NewRoot()
	t.Cleanup(root.Close)
	return vuOf(t, root, port, options)
}

func vuOf(t *testing.T, root *Root, port int, options string) *testvu.VU {
	t.Helper()
	vu := testvu.New(t, root)
	vu.Run(fmt.Sprintf(`const s = x.connect({ hosts: ["127.0.0.1"], port: %d, site: "paris", datacenter: "paris-dc", connections: 1, ...{ %s } })`, port, options))
	return vu.Start(nil)
}

const (
	say   = `((a) => a.outcome + " " + a.error)`
	write = say + `(s.execute("INSERT INTO ks.t (c0) VALUES (?)", [1]))`
	read  = say + `(s.execute("SELECT c0 FROM ks.t WHERE c0 = ?", [1]))`
)

func expect(t *testing.T, vu *testvu.VU, code, want string) {
	t.Helper()
	if got := strings.TrimSpace(vu.Run(code).String()); got != want {
		t.Fatalf("%s: expected %q, got %q", code, want, got)
	}
}
