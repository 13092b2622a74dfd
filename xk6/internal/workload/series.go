package workload

import (
	"fmt"
	"math"
	"time"

	"github.com/grafana/sobek"
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

// Series reads a template and which of its events are meant.
func (s *Shared) Series(of, v sobek.Value) (*Series, error) {
	t, err := s.read(of)
	if err != nil {
		return nil, err
	}
	series := &Series{Writer: Writer{template: t}}
	err = script.Setters{
		"run":             script.Whole32(&series.Run),
		"publisher":       script.Whole16(&series.Publisher),
		"firstSeq":        script.Whole32(&series.FirstSeq),
		"count":           script.Whole32(&series.Count),
		"clockCorrection": script.Micros(&series.correction),
	}.Apply("", v)
	if err != nil {
		return nil, err
	}
	last := uint64(series.FirstSeq) + max(1, uint64(series.Count)) - 1
	if last > math.MaxUint32 {
		return nil, fmt.Errorf("event %d: want a number below %d", last, uint64(1)<<32)
	}
	if t.limited && last >= seqLimit {
		return nil, errSeqLimit(last)
	}
	return series, nil
}
