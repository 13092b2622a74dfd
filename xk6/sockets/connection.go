package sockets

import (
	"bytes"
	"sync"

	"github.com/gorilla/websocket"
)

// connection is an open WebSocket.
type connection struct {
	*websocket.Conn

	below *emptied
	plain *frames // nil under TLS
}

// texts are buffers for what is read: few sockets read at the same moment.
var texts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// next reads the next message, which is the caller's to put back among the
// texts, unless there is an error.
func (c *connection) next() (kind int, message *bytes.Buffer, err error) {
	if c.plain != nil {
		if kind, length := c.plain.waitForPlain(); kind != 0 {
			message = emptyText()
			return kind, message, c.plain.readPlain(message, length)
		}
	}
	kind, reader, err := c.NextReader()
	if err != nil {
		return kind, nil, err
	}
	message = emptyText()
	_, err = message.ReadFrom(reader)
	return kind, message, err
}

func emptyText() *bytes.Buffer {
	buffer := texts.Get().(*bytes.Buffer)
	buffer.Reset()
	return buffer
}
