package workload

import (
	"fmt"
	"math"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"throughline.dev/xk6/internal/script"
)

// Series is consecutive events of a template. Each is stamped with the time
// when it is written.
type Series struct {
	Source
	Writer

	FirstSeq   uint32
	Count      uint32
	correction int64 // microseconds
}

// Stamp is the trace of one of the events, now.
func (s *Series) Stamp(index int) Trace {
	return Trace{Source: s.Source, Seq: s.FirstSeq + uint32(index), Micros: time.Now().UnixMicro() + s.correction}
}

// ReadSeries reads a template and which of its events are meant.
func ReadSeries(of, v sobek.Value) (*Series, error) {
	var t *Template
	if !common.IsNullish(of) {
		t, _ = of.Export().(*Template)
	}
	if t == nil {
		return nil, fmt.Errorf("want a Template, got %s", script.Describe(of))
	}
	s := &Series{Writer: Writer{template: t.of}}
	err := script.Setters{
		"run":             script.Whole32(&s.Run),
		"publisher":       script.Whole16(&s.Publisher),
		"firstSeq":        script.Whole32(&s.FirstSeq),
		"count":           script.Whole32(&s.Count),
		"clockCorrection": script.Micros(&s.correction),
	}.Apply("", v)
	if err != nil {
		return nil, err
	}
	last := uint64(s.FirstSeq) + max(1, uint64(s.Count)) - 1
	if last > math.MaxUint32 {
		return nil, fmt.Errorf("event %d: want a number below %d", last, uint64(1)<<32)
	}
	if t.of.limited && last >= seqLimit {
		return nil, errSeqLimit(last)
	}
	return s, nil
}
