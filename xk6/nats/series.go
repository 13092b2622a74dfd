package nats

import (
	"errors"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"throughline.dev/xk6/internal/workload"
)

// outgoing is the messages of a batch, in order.
type outgoing interface {
	len() int
	// subject is that of one of them.
	subject(index int) string
	// message is one of them, ready to be sent: called once for each, just before
	// it is. It holds until the next call.
	message(index int) *nats.Msg
}

// listed is messages that a script made.
type listed []*nats.Msg

func (l listed) len() int                    { return len(l) }
func (l listed) subject(index int) string    { return l[index].Subject }
func (l listed) message(index int) *nats.Msg { return l[index] }

// series is events that are written, and stamped with the time, when they are
// sent.
type series struct {
	*workload.Series

	msg nats.Msg
}

func (c *client) readSeries(template, of sobek.Value) (*series, error) {
	s, err := c.in.templates.Series(template, of)
	if err == nil && s.Subject(s.FirstSeq) == "" {
		err = errors.New("the template's messages have no subject")
	}
	return &series{Series: s}, err
}

func (s *series) len() int { return int(s.Count) }

func (s *series) subject(index int) string { return s.Subject(s.FirstSeq + uint32(index)) }

func (s *series) message(index int) *nats.Msg {
	stamped := s.Stamp(index)
	s.msg.Subject, s.msg.Data = s.Append(s.msg.Data[:0], &stamped)
	return &s.msg
}
