package nats

import (
	"fmt"
	"math"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"go.k6.io/k6/js/common"
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

// series is consecutive events of a template, which are written, and stamped
// with the time, when they are sent.
type series struct {
	source
	firstSeq   uint32
	count      uint32
	correction int64 // microseconds
	writer     writer
	msg        nats.Msg
}

func (s *series) len() int { return int(s.count) }

func (s *series) subject(index int) string {
	return s.writer.template.variantOf(s.firstSeq + uint32(index)).subject
}

func (s *series) message(index int) *nats.Msg {
	s.msg.Subject, s.msg.Data = s.writer.write(&trace{
		source: s.source,
		seq:    s.firstSeq + uint32(index),
		micros: time.Now().UnixMicro() + s.correction,
	})
	return &s.msg
}

func readSeries(of, v sobek.Value) (*series, error) {
	var t *Template
	if !common.IsNullish(of) {
		t, _ = of.Export().(*Template)
	}
	if t == nil {
		return nil, fmt.Errorf("want a Template, got %s", describe(of))
	}
	s := &series{writer: writer{template: t.of}}
	err := setters{
		"run":             whole32(&s.run),
		"publisher":       whole16(&s.publisher),
		"firstSeq":        whole32(&s.firstSeq),
		"count":           whole32(&s.count),
		"clockCorrection": micros(&s.correction),
	}.apply("", v)
	if err != nil {
		return nil, err
	}
	last := uint64(s.firstSeq) + max(1, uint64(s.count)) - 1
	if last > math.MaxUint32 {
		return nil, fmt.Errorf("event %d: want a number below %d", last, uint64(1)<<32)
	}
	if t.of.limited && last >= seqLimit {
		return nil, errSeqLimit(last)
	}
	return s, nil
}
