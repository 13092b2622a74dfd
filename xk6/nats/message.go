package nats

import (
	"errors"
	"fmt"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"go.k6.io/k6/js/common"
	"throughline.dev/xk6/internal/script"
)

// newMsg makes a NATS message of what a script passed.
func newMsg(subject, payload, headers sobek.Value) (*nats.Msg, error) {
	name, ok := script.TextOf(subject)
	if !ok || name == "" {
		return nil, errNoSubject
	}
	data, err := readPayload(payload)
	if err != nil {
		return nil, err
	}
	header, err := readHeaders(headers)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: name, Data: data, Header: header}, nil
}

// readMessage reads a message object as publishMsg takes it: topic, and data
// or raw, and headers, which header is another name of.
func readMessage(v sobek.Value) (*nats.Msg, error) {
	obj, ok := v.(*sobek.Object)
	if !ok {
		return nil, fmt.Errorf("want a message object, got %s", script.Describe(v))
	}
	payload := obj.Get("raw")
	if common.IsNullish(payload) {
		payload = obj.Get("data")
	}
	headers := obj.Get("headers")
	if common.IsNullish(headers) {
		headers = obj.Get("header")
	}
	return newMsg(obj.Get("topic"), payload, headers)
}

// readPayload returns the bytes of a string, an ArrayBuffer, a typed array or
// an array of byte values.
func readPayload(v sobek.Value) ([]byte, error) {
	if common.IsNullish(v) {
		return nil, errors.New("the payload is missing")
	}
	obj, isObject := v.(*sobek.Object)
	if !isObject {
		return []byte(v.String()), nil
	}
	switch data := obj.Export().(type) {
	case []byte:
		return append([]byte(nil), data...), nil
	case sobek.ArrayBuffer:
		return append([]byte(nil), data.Bytes()...), nil
	case []any:
		return bytesOf(data)
	}
	return nil, errors.New("the payload is neither a string, an ArrayBuffer, a Uint8Array nor an array of bytes")
}

func bytesOf(numbers []any) ([]byte, error) {
	data := make([]byte, len(numbers))
	for i, number := range numbers {
		n, ok := number.(int64)
		if !ok || n < 0 || n > 255 {
			return nil, fmt.Errorf("byte %d of the payload is %v: want a whole number from 0 to 255", i, number)
		}
		data[i] = byte(n)
	}
	return data, nil
}

// readHeaders returns the headers of an object of names and values; nil when
// there are none.
func readHeaders(v sobek.Value) (nats.Header, error) {
	if common.IsNullish(v) {
		return nil, nil
	}
	obj, ok := v.(*sobek.Object)
	if !ok {
		return nil, fmt.Errorf("the headers are %s: want an object of names and values", script.Describe(v))
	}
	names := obj.Keys()
	header := make(nats.Header, len(names)+1)
	for _, name := range names {
		header[name] = []string{obj.Get(name).String()}
	}
	return header, nil
}

// message is a received message as a script sees it. Its properties are made
// when they are read: a subscriber that only looks at data pays for data.
type message struct {
	rt      *sobek.Runtime
	subject string
	payload []byte
	header  nats.Header

	raw, headers sobek.Value
}

func newMessage(rt *sobek.Runtime, subject string, payload []byte, header nats.Header) *sobek.Object {
	return rt.NewDynamicObject(&message{rt: rt, subject: subject, payload: payload, header: header})
}

var messageKeys = []string{"topic", "data", "raw", "headers", "header"}

// Keys lists the properties of a message.
func (m *message) Keys() []string { return messageKeys }

// Has tells whether a message has the property.
func (m *message) Has(key string) bool { return m.Get(key) != nil }

// Get returns the property, nil when a message has none of that name.
func (m *message) Get(key string) sobek.Value {
	switch key {
	case "topic":
		return m.rt.ToValue(m.subject)
	case "data":
		return m.rt.ToValue(string(m.payload))
	case "raw":
		return m.bytes()
	case "headers", "header":
		return m.headerObject()
	}
	return nil
}

// Set refuses: a received message is read-only.
func (*message) Set(string, sobek.Value) bool { return false }

// Delete refuses what Set refuses.
func (m *message) Delete(key string) bool { return !m.Has(key) }

func (m *message) bytes() sobek.Value {
	if m.raw == nil {
		m.raw = construct(m.rt, "Uint8Array", m.rt.ToValue(m.rt.NewArrayBuffer(m.payload)))
	}
	return m.raw
}

// headerObject gives each header its first value.
func (m *message) headerObject() sobek.Value {
	if m.headers == nil {
		obj := m.rt.NewObject()
		for name, values := range m.header {
			if len(values) > 0 {
				_ = obj.Set(name, values[0])
			}
		}
		m.headers = obj
	}
	return m.headers
}

// construct makes an instance of one of the runtime's own classes.
func construct(rt *sobek.Runtime, class string, args ...sobek.Value) sobek.Value {
	obj, err := rt.New(rt.Get(class), args...)
	if err != nil {
		common.Throw(rt, err)
	}
	return obj
}
