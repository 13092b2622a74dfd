package nats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ackInbox receives the JetStream acknowledgements of one connection. Every
// message of a batch is sent with the reply subject
//
//	<inbox>.<batch>.<index of the message in the batch>
//
// so that an acknowledgement finds its message without a table of messages.
type ackInbox struct {
	prefix  string
	denials denials

	mu      sync.Mutex
	batches map[uint64]*batch
	last    uint64
}

func newAckInbox() *ackInbox { return &ackInbox{batches: make(map[uint64]*batch)} }

// listen subscribes to the inbox.
func (a *ackInbox) listen(conn *nats.Conn) error {
	a.prefix = conn.NewInbox() + "."
	sub, err := conn.Subscribe(a.prefix+">", a.receive)
	if err != nil {
		return err
	}
	return sub.SetPendingLimits(-1, -1)
}

// register gives the batch a number under which its acknowledgements arrive.
func (a *ackInbox) register(b *batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	b.id = a.last
	a.batches[b.id] = b
}

// forget is the end of waiting: an acknowledgement that comes later is ignored.
func (a *ackInbox) forget(b *batch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.batches, b.id)
}

// replyTo is the reply subject of one message.
func (a *ackInbox) replyTo(b *batch, index int) string {
	var buf [80]byte
	subject := append(buf[:0], a.prefix...)
	subject = strconv.AppendUint(subject, b.id, 36)
	subject = append(subject, '.')
	subject = strconv.AppendInt(subject, int64(index), 36)
	return string(subject)
}

func (a *ackInbox) receive(msg *nats.Msg) {
	now := time.Now()
	id, index, err := parseReply(strings.TrimPrefix(msg.Subject, a.prefix))
	if err != nil {
		return // not one of ours: anybody can publish to an inbox
	}
	a.mu.Lock()
	b := a.batches[id]
	a.mu.Unlock()
	if b != nil {
		b.settle(index, now, readAck(msg))
	}
}

// abandon ends the waiting for all that was sent: the connection that would
// have brought the acknowledgements is gone.
func (a *ackInbox) abandon(cause error) {
	a.denials.forget()
	a.mu.Lock()
	open := make([]*batch, 0, len(a.batches))
	for _, b := range a.batches {
		open = append(open, b)
	}
	a.mu.Unlock()
	for _, b := range open {
		b.lose(fmt.Errorf("connection lost: %s", reason(cause)))
	}
}

func parseReply(token string) (id uint64, index int, err error) {
	batchPart, indexPart, _ := strings.Cut(token, ".")
	id, err = strconv.ParseUint(batchPart, 36, 64)
	if err != nil {
		return 0, 0, err
	}
	i, err := strconv.ParseUint(indexPart, 36, 31)
	return id, int(i), err
}

// ack is the answer to one message.
type ack struct {
	Sequence  uint64              `json:"seq"`
	Stream    string              `json:"stream"`
	Duplicate bool                `json:"duplicate"`
	Error     *jetstream.APIError `json:"error"`

	refusal error
	unsent  bool // the refusal is the client's own
}

func readAck(msg *nats.Msg) ack {
	const noResponders = "503"
	if len(msg.Data) == 0 && msg.Header.Get("Status") == noResponders {
		return ack{refusal: errNoStream}
	}
	if sequence, ok := plainAck(msg.Data); ok {
		return ack{Sequence: sequence}
	}
	var a ack
	switch err := json.Unmarshal(msg.Data, &a); {
	case err != nil:
		return ack{refusal: errBadAck}
	case a.Error != nil:
		a.refusal = a.Error
	case a.Stream == "":
		a.refusal = errBadAck
	}
	return a
}

// plainAck reads an acknowledgement as servers write it that stored the
// message, in a twentieth of the time that a JSON decoder takes:
//
//	{"stream":"NAME","seq":123}
//
// It is false for any other text, which may be an acknowledgement too.
func plainAck(data []byte) (sequence uint64, ok bool) {
	const start, middle = `{"stream":"`, `","seq":`
	if len(data) < len(start) || string(data[:len(start)]) != start {
		return 0, false
	}
	rest := data[len(start):]
	name := bytes.IndexByte(rest, '"')
	if name < 1 || !bytes.HasPrefix(rest[name:], []byte(middle)) {
		return 0, false
	}
	for _, letter := range rest[:name] {
		if letter < ' ' || letter > '~' || letter == '\\' {
			return 0, false
		}
	}
	digits := rest[name+len(middle):]
	if len(digits) < 2 || len(digits) > 19 || digits[0] == '0' || digits[len(digits)-1] != '}' {
		return 0, false
	}
	for _, digit := range digits[:len(digits)-1] {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		sequence = sequence*10 + uint64(digit-'0')
	}
	return sequence, true
}
