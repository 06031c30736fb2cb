package gremlin

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
)

const mime = "application/vnd.gremlin-v3.0+json"

// body is a request but for its id: `"op":…,"processor":…,"args":{…}`.
type body []byte

// frame is a whole request as it goes over the WebSocket.
func frame(id string, b body) []byte {
	out := make([]byte, 0, 1+len(mime)+len(b)+100)
	out = append(out, byte(len(mime)))
	out = append(out, mime...)
	out = append(out, `{"requestId":{"@type":"g:UUID","@value":"`...)
	out = append(out, id...)
	out = append(out, `"},`...)
	out = append(out, b...)
	return append(out, '}')
}

// hello answers a number without touching the graph: a WebSocket that is open is no server that answers.
func hello(source string) body {
	return bytecodeBody([]byte(`[["inject",{"@type":"g:Int32","@value":1}]]`), source)
}

// bytecodeBody is a traversal, in a transaction of its own. steps: GraphSON.
func bytecodeBody(steps []byte, source string) body {
	var b bytes.Buffer
	b.WriteString(`"op":"bytecode","processor":"traversal","args":{"gremlin":{"@type":"g:Bytecode","@value":{"step":`)
	b.Write(steps)
	b.WriteString(`}},"aliases":{"g":`)
	b.Write(quoted(source))
	b.WriteString(`}}`)
	return b.Bytes()
}

// reserved is what the server takes for its own: it refuses a script that binds one of these (TinkerPop's T, Column, Order, Operator, Scope, Pop).
var reserved = strings.Fields("id key label value keys values asc desc shuffle sum minus mult div min max assign and or addAll sumLong global local first last all mixed")

// scriptBody is a script, which the server compiles once for each text: what varies belongs into bindings.
func scriptBody(script, source string, bindings map[string]any, withinMs int64) (body, error) {
	var b bytes.Buffer
	b.WriteString(`"op":"eval","processor":"","args":{"gremlin":`)
	b.Write(quoted(script))
	fmt.Fprintf(&b, `,"language":"gremlin-groovy","evaluationTimeout":%d,"aliases":{"g":`, withinMs)
	b.Write(quoted(source))
	b.WriteString(`},"bindings":{`)
	names := make([]string, 0, len(bindings))
	for name := range bindings {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		for _, taken := range reserved {
			if name == taken {
				return nil, fmt.Errorf("bindings: %q is the server's own name", name)
			}
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quoted(name))
		b.WriteByte(':')
		if err := encode(&b, bindings[name], 0); err != nil {
			return nil, fmt.Errorf("bindings: %s: %w", name, err)
		}
	}
	b.WriteString(`}}`)
	return b.Bytes(), nil
}

// authenticationBody answers a challenge: SASL PLAIN (RFC 4616).
func authenticationBody(username, password string) body {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password))
	return body(`"op":"authentication","processor":"traversal","args":{"saslMechanism":"PLAIN","sasl":"` + plain + `"}`)
}

// response is one frame of the server.
type response struct {
	RequestID requestID `json:"requestId"`
	Status    *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
	Result struct {
		Data json.RawMessage `json:"data"`
	} `json:"result"`
}

// requestID is a UUID, plain or typed.
type requestID string

func (r *requestID) UnmarshalJSON(text []byte) error {
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*r = requestID(plain)
		return nil
	}
	var typed struct {
		Value string `json:"@value"`
	}
	if err := json.Unmarshal(text, &typed); err != nil {
		return errors.New("expected the id of a request")
	}
	*r = requestID(typed.Value)
	return nil
}

func parse(message []byte) (*response, error) {
	var r response
	if err := json.Unmarshal(message, &r); err != nil {
		return nil, fmt.Errorf("expected GraphSON from the server: %w", err)
	}
	if r.RequestID == "" || r.Status == nil {
		return nil, errors.New("the server answered without the id of a request")
	}
	return &r, nil
}

func quoted(text string) []byte {
	out, err := json.Marshal(text)
	if err != nil { // a string has a JSON form always
		panic(err)
	}
	return out
}
