package nats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go/jetstream"
	"throughline.dev/xk6/internal/script"
)

// streamConfigAliases are the names that scripts use beside the names of the
// JetStream API.
var streamConfigAliases = map[string]string{
	"replicas":     "num_replicas",
	"duplicates":   "duplicate_window",
	"storage_type": "storage",
	"allow_rollup": "allow_rollup_hdrs",
	"re_publish":   "republish",
}

// streamConfigChoices are the words for the numbers that stand for them in the
// Go client library's configuration, which scripts use too.
var streamConfigChoices = map[string][]string{
	"retention":   {"limits", "interest", "workqueue"},
	"discard":     {"old", "new"},
	"storage":     {"file", "memory"},
	"compression": {"none", "s2"},
}

// readStreamConfig reads a stream's configuration as the JetStream API spells
// it. Durations are nanoseconds, or text like "90s" or "24h".
func readStreamConfig(rt *sobek.Runtime, v sobek.Value) (jetstream.StreamConfig, error) {
	var config jetstream.StreamConfig
	var fields map[string]any
	if _, ok := v.(*sobek.Object); !ok {
		return config, fmt.Errorf("want an object, got %s", script.Describe(v))
	}
	if err := rt.ExportTo(v, &fields); err != nil {
		return config, fmt.Errorf("want an object: %w", err)
	}
	canonical := make(map[string]any, len(fields))
	for name, value := range fields {
		if value == nil {
			continue
		}
		if alias, ok := streamConfigAliases[name]; ok {
			name = alias
		}
		value, err := streamConfigValue(name, value)
		if err != nil {
			return config, err
		}
		canonical[name] = value
	}
	encoded, err := json.Marshal(canonical)
	if err != nil {
		return config, err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&config); err != nil {
		return config, fmt.Errorf("stream configuration: %w", err)
	}
	if config.Name == "" {
		return config, errors.New("the stream has no name")
	}
	return config, nil
}

func streamConfigValue(name string, value any) (any, error) {
	switch name {
	case "max_age", "duplicate_window", "subject_delete_marker_ttl":
		if text, ok := value.(string); ok {
			return parseDuration(name, text)
		}
	}
	choices, ok := streamConfigChoices[name]
	if !ok {
		return value, nil
	}
	if n, ok := value.(int64); ok && n >= 0 && n < int64(len(choices)) {
		return choices[n], nil
	}
	if text, ok := value.(string); ok && slices.Contains(choices, text) {
		return text, nil
	}
	return nil, fmt.Errorf("%s is %#v: want one of %s", name, value, strings.Join(choices, ", "))
}

func parseDuration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%s is %q: want nanoseconds or text like \"24h\"", name, text)
	}
	return d, nil
}
