package nats

import (
	"fmt"
	"strconv"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"go.k6.io/k6/js/common"
	"throughline.dev/xk6/internal/script"
)

const (
	defaultAckTimeout = 5 * time.Second
	defaultMaxPending = 4096
)

// batchOptions is the second argument of jetStreamPublishBatch.
type batchOptions struct {
	timeout    time.Duration
	maxPending int
}

func readBatchOptions(options sobek.Value) (*batchOptions, error) {
	opts := &batchOptions{timeout: defaultAckTimeout, maxPending: defaultMaxPending}
	if common.IsNullish(options) {
		return opts, nil
	}
	return opts, script.Setters{"timeout": script.Millis(&opts.timeout), "maxPending": script.Positive(&opts.maxPending)}.Apply("", options)
}

// readBatchMessages goes through the array by index: exporting it costs twenty
// times as much.
func readBatchMessages(v sobek.Value) (listed, error) {
	array, ok := v.(*sobek.Object)
	if !ok || array.ClassName() != "Array" {
		return nil, fmt.Errorf("want an array of messages, got %s", script.Describe(v))
	}
	msgs := make(listed, array.Get("length").ToInteger())
	for i := range msgs {
		msg, err := readBatchMessage(array.Get(strconv.Itoa(i)))
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
		msgs[i] = msg
	}
	return msgs, nil
}

func readBatchMessage(v sobek.Value) (*nats.Msg, error) {
	obj, ok := v.(*sobek.Object)
	if !ok {
		return nil, fmt.Errorf("want an object with subject and data, got %s", script.Describe(v))
	}
	msg, err := newMsg(obj.Get("subject"), obj.Get("data"), obj.Get("headers"))
	if err != nil {
		return nil, err
	}
	if id := obj.Get("id"); !common.IsNullish(id) {
		if msg.Header == nil {
			msg.Header = make(nats.Header, 1)
		}
		msg.Header[nats.MsgIdHdr] = []string{id.String()}
	}
	return msg, nil
}
