package sockets

import (
	"bufio"
	"bytes"
	endian "encoding/binary"
	"io"

	"github.com/gorilla/websocket"
)

const (
	// framesBuffer is that of a connection, as long as the library's own.
	framesBuffer = 4096
	// libraryBuffer is what the library keeps besides: it is given a frame at a time.
	libraryBuffer = 512
	// roomAtOnce is for how much of a message there is room before it has come.
	roomAtOnce = 512 << 10

	finalText   = 0x80 | websocket.TextMessage
	finalBinary = 0x80 | websocket.BinaryMessage
	lengthIn2   = 126 // the length is in the next two bytes
	lengthIn8   = 127 // or in the next eight
	isMasked    = 0x80
	maskLength  = 4
)

// frames is a connection that reads plain messages by itself: those in one
// frame, not compressed, as most are. All else is left to the library.
//
// The library makes an object for each message. It is a small one, but while Go
// collects garbage, whoever asks for memory marks 64 KB first, and each of ten
// thousand readers did: every hundredth event came 160 ms late.
type frames struct {
	*emptied

	buffered *bufio.Reader
	isOpen   bool  // the handshake is over
	left     int64 // bytes of the frame that the library reads
}

func newFrames(inner *emptied) *frames {
	return &frames{emptied: inner, buffered: bufio.NewReaderSize(inner, framesBuffer)}
}

// Read is how the library reads: at most a frame, or a line of the handshake,
// so that it does not hold what comes behind.
func (f *frames) Read(into []byte) (int, error) {
	if _, err := f.buffered.Peek(1); err != nil {
		return 0, err
	}
	if f.isOpen && f.left == 0 {
		f.left = f.lengthOfNext()
	}
	n, err := f.buffered.Read(into[:min(len(into), f.most())])
	if f.isOpen {
		f.left -= int64(n)
	}
	return n, err
}

// most is how many bytes the library may read at once.
func (f *frames) most() int {
	if f.isOpen {
		return int(min(f.left, roomAtOnce))
	}
	there, _ := f.buffered.Peek(f.buffered.Buffered())
	if end := bytes.IndexByte(there, '\n'); end >= 0 {
		return end + 1
	}
	return len(there)
}

// lengthOfNext is how long the next frame is with its head; where that has not
// come whole, and never will, what there is of it.
func (f *frames) lengthOfNext() int64 {
	length, size := f.head()
	if size == 0 {
		return int64(max(1, f.buffered.Buffered()))
	}
	head, _ := f.buffered.Peek(2)
	if head[1]&isMasked != 0 {
		size += maskLength
	}
	// A length that no message has is for the library to refuse.
	return int64(size) + max(0, length)
}

// head reads the head of the next frame and leaves it where it is: the length
// of its payload, and of itself, which is 0 where it does not come.
func (f *frames) head() (length int64, size int) {
	head, err := f.buffered.Peek(2)
	if err != nil {
		return 0, 0
	}
	switch length := int64(head[1] &^ isMasked); length {
	case lengthIn2:
		if head, err = f.buffered.Peek(4); err != nil {
			return 0, 0
		}
		return int64(endian.BigEndian.Uint16(head[2:])), 4
	case lengthIn8:
		if head, err = f.buffered.Peek(10); err != nil {
			return 0, 0
		}
		return int64(endian.BigEndian.Uint64(head[2:])), 10
	default:
		return length, 2
	}
}

// waitForPlain waits for the next frame. It says what message that is, and how
// long; 0 where it is for the library.
func (f *frames) waitForPlain() (kind int, length int64) {
	if !f.isOpen || f.left > 0 {
		return 0, 0
	}
	length, size := f.head()
	if size == 0 || length < 0 {
		return 0, 0
	}
	head, _ := f.buffered.Peek(2)
	if (head[0] != finalText && head[0] != finalBinary) || head[1]&isMasked != 0 {
		return 0, 0
	}
	_, _ = f.buffered.Discard(size)
	return int(head[0] &^ 0x80), length
}

// readPlain reads the message that was waited for.
func (f *frames) readPlain(into *bytes.Buffer, length int64) error {
	for length > 0 {
		room := int(min(length, roomAtOnce))
		into.Grow(room)
		part := into.AvailableBuffer()[:room]
		if _, err := io.ReadFull(f.buffered, part); err != nil {
			return asClosed(err)
		}
		_, _ = into.Write(part)
		length -= int64(room)
	}
	return nil
}

// asClosed is a connection that ended without a word, as the library has it.
func asClosed(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return &websocket.CloseError{Code: websocket.CloseAbnormalClosure, Text: io.ErrUnexpectedEOF.Error()}
	}
	return err
}
