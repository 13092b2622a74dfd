package sockets

import (
	"fmt"
	"time"

	"github.com/grafana/sobek"
	"throughline.dev/xk6/internal/script"
)

// readOptions reads what a set of sockets is made with.
func readOptions(v sobek.Value) (*intake, error) {
	in := &intake{takenAt: time.Now()}
	var samplesPerSecond, place, comparedPerSecond, enough float64
	err := script.Setters{
		"wire":              readWire(&in.wire),
		"judges":            script.Boolean(&in.judges),
		"samplesPerSecond":  positive(&samplesPerSecond),
		"place":             positive(&place),
		"comparedPerSecond": positive(&comparedPerSecond),
		"enough":            positive(&enough),
		"heartbeat":         positive(&in.heartbeat),
	}.Apply("", v)
	if err != nil {
		return nil, fmt.Errorf("sockets: %w", err)
	}
	if !in.wire.isWhole() || samplesPerSecond == 0 || comparedPerSecond == 0 || enough == 0 || in.heartbeat == 0 {
		return nil, fmt.Errorf("sockets: wire, samplesPerSecond, comparedPerSecond, enough and heartbeat must be given")
	}
	in.enough = int(enough)
	in.sampling = newSampling[sample](samplesPerSecond, int(place))
	in.comparison = newAllowance(comparedPerSecond)
	return in, nil
}

func positive(target *float64) func(sobek.Value) error {
	return func(v sobek.Value) error {
		number := v.ToFloat()
		if script.Kind(v) != "number" || !(number > 0) {
			return fmt.Errorf("want a number above 0, got %s", script.Describe(v))
		}
		*target = number
		return nil
	}
}
