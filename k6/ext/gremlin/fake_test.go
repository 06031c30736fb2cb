package gremlin

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"drill.local/xk6-drill/internal/testvu"
)

// fake is a Gremlin Server that does what a test says.
type fake struct {
	url      string
	server   *httptest.Server
	accepted atomic.Int32
	asked    atomic.Int32
}

type fakeConn struct {
	*websocket.Conn
	mu sync.Mutex
}

type fakeRequest struct {
	id   string
	op   string
	args map[string]any
	text string // the whole
}

type handler func(c *fakeConn, r fakeRequest)

// serve answers greetings by itself, and gives every other request to the handler. on: for each connection.
func serve(t *testing.T, secure *tls.Config, handle handler, on ...func(*fakeConn)) *fake {
	t.Helper()
	f := &fake{}
	upgrader := websocket.Upgrader{}
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		ws, err := upgrader.Upgrade(w, q, nil)
		if err != nil {
			return
		}
		f.accepted.Add(1)
		c := &fakeConn{Conn: ws}
		for _, each := range on {
			each(c)
		}
		for {
			_, message, err := ws.ReadMessage()
			if err != nil {
				return
			}
			r := parseRequest(message)
			if strings.Contains(r.text, `"inject"`) && !strings.Contains(r.text, "raw") && len(on) == 0 {
				c.answer(r.id, 200, `[{"@type":"g:Int32","@value":1}]`)
				continue
			}
			f.asked.Add(1)
			handle(c, r)
		}
	}))
	if secure != nil {
		f.server.TLS = secure
		f.server.StartTLS()
	} else {
		f.server.Start()
	}
	t.Cleanup(func() { f.server.CloseClientConnections(); f.server.Close() })
	f.url = strings.Replace(f.server.URL, "http", "ws", 1) + "/gremlin"
	return f
}

func parseRequest(message []byte) fakeRequest {
	var r struct {
		RequestID requestID      `json:"requestId"`
		Op        string         `json:"op"`
		Args      map[string]any `json:"args"`
	}
	text := message[1+int(message[0]):]
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&r); err != nil {
		panic(err)
	}
	return fakeRequest{id: string(r.RequestID), op: r.Op, args: r.Args, text: string(text)}
}

func (c *fakeConn) answer(id string, code int, list string) {
	c.say(fmt.Sprintf(`{"requestId":%q,"status":{"code":%d,"message":"said","attributes":{}},"result":{"data":{"@type":"g:List","@value":%s},"meta":{}}}`, id, code, list))
}

func (c *fakeConn) say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.WriteMessage(websocket.BinaryMessage, []byte(text))
}

func login(r fakeRequest) string {
	plain, _ := base64.StdEncoding.DecodeString(fmt.Sprint(r.args["sasl"]))
	return strings.ReplaceAll(string(plain), "\x00", "|")
}

// vuOn is a virtual user that has connected, as the global g, with options such as `timeoutMs: 200`.
func vuOn(t *testing.T, url, options string) *testvu.VU {
	t.Helper()
	root := NewRoot()
	t.Cleanup(root.Close)
	return vuOf(t, root, url, options)
}

func vuOf(t *testing.T, root *Root, url, options string) *testvu.VU {
	t.Helper()
	vu := testvu.New(t, root)
	vu.Run(fmt.Sprintf(`const g = x.connect({ url: %q, site: "paris", connections: 1, %s })`, url, options))
	return vu.Start(nil)
}

// write and read ask one thing, and say how it ended.
const (
	say   = `((a) => a.outcome + " " + a.error)`
	write = say + `(g.submit("g.addV()", { writes: true }))`
	read  = say + `(g.submit("g.V()", { writes: false }))`
)

func expect(t *testing.T, vu *testvu.VU, code, want string) {
	t.Helper()
	if got := strings.TrimSpace(vu.Run(code).String()); got != want {
		t.Fatalf("%s: expected %q, got %q", code, want, got)
	}
}
