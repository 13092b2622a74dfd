package sockets

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// speaker is a server that answers every handshake, and then writes these
// pieces, each in a write of its own.
func speaker(t *testing.T, pieces func() [][]byte) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go speak(conn, pieces())
		}
	}()
	return "ws://" + listener.Addr().String()
}

func speak(conn net.Conn, pieces [][]byte) {
	defer conn.Close()
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	accepted := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptOf(request.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
	for place, piece := range pieces {
		if place == 0 {
			piece = append([]byte(accepted), piece...)
		}
		if _, err := conn.Write(piece); err != nil {
			return
		}
		if len(pieces) > 1 {
			time.Sleep(100 * time.Microsecond) // so that they come apart
		}
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn) // unread bytes would make its end a reset
}

// heard is what a reader makes of a connection: its messages, and how it ended.
func heard(t *testing.T, url string, isPlain bool) []string {
	t.Helper()
	conn, err := dialSpeaker(url, isPlain)
	require.NoError(t, err)
	defer conn.Close()
	var all []string
	for {
		kind, message, err := conn.next()
		if err != nil {
			return append(all, err.Error())
		}
		text := message.String()
		if len(text) > 60 {
			text = fmt.Sprintf("%d bytes, %x", len(text), text[len(text)-8:])
		}
		all = append(all, fmt.Sprintf("%d %q", kind, text))
		texts.Put(message)
	}
}

func dialSpeaker(url string, isPlain bool) (*connection, error) {
	var plain *frames
	dialer := websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		conn, err := net.Dial(network, address)
		if err != nil || !isPlain {
			return conn, err
		}
		plain = newFrames(newEmptied(conn))
		return plain, nil
	}}
	conn, answer, err := dialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	if plain != nil {
		plain.isOpen = true
	}
	return &connection{Conn: conn, plain: plain}, nil
}

// frame is one as a server writes it.
func frame(first byte, payload []byte) []byte {
	switch length := len(payload); {
	case length < lengthIn2:
		return append([]byte{first, byte(length)}, payload...)
	case length < 1<<16:
		return append([]byte{first, lengthIn2, byte(length >> 8), byte(length)}, payload...)
	default:
		return append([]byte{
			first, lengthIn8, 0, 0, 0, 0, byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length),
		}, payload...)
	}
}

// anyFrame is what a server may send: mostly what it should.
func anyFrame(random *rand.Rand) []byte {
	payload := make([]byte, []int{0, 1, 48, 125, 126, 500, 4096, 70_000}[random.Intn(8)])
	// Bytes that would pass for heads, were they taken for frames.
	for place := range payload {
		payload[place] = []byte{finalText, finalBinary, 1, 2, 'x'}[random.Intn(5)]
	}
	short := payload[:min(len(payload), 100)]
	switch random.Intn(24) {
	case 0, 1:
		return frame(0x89, short) // ping
	case 2:
		return frame(0x8A, short) // pong
	case 3, 4: // in pieces, with a ping between
		half := len(payload) / 2
		return bytes.Join([][]byte{frame(0x01, payload[:half]), frame(0x89, nil), frame(0x80, payload[half:])}, nil)
	case 5:
		return frame(0x88, append([]byte{0x03, 0xE8 + byte(random.Intn(20))}, "bye"...))
	case 6:
		return frame(byte(random.Intn(256)), payload) // any bits
	case 7:
		return []byte{finalText, isMasked | 1, 1, 2, 3, 4, 'x'}
	case 8:
		return []byte{finalText, lengthIn8, 0xFF, 0, 0, 0, 0, 0, 0, 0} // longer than anything
	case 9:
		return []byte{finalText, lengthIn8, 0x10, 0, 0, 0, 0, 0, 0, 0, 'x'} // most of it never comes
	case 10:
		return frame(0x02|0x80, payload)
	default:
		return frame(finalText, payload)
	}
}

// cut cuts a stream into pieces anywhere.
func cut(random *rand.Rand, stream []byte) [][]byte {
	var pieces [][]byte
	for len(stream) > 0 && len(pieces) < 40 {
		size := 1 + random.Intn(min(len(stream), 1+random.Intn(3_000)))
		pieces = append(pieces, stream[:size])
		stream = stream[size:]
	}
	return append(pieces, stream)
}

func TestFramesAreReadAsTheLibraryReadsThem(t *testing.T) {
	for seed := range int64(150) {
		random := rand.New(rand.NewSource(seed))
		var stream []byte
		for range 1 + random.Intn(12) {
			stream = append(stream, anyFrame(random)...)
		}
		pieces := cut(random, stream)
		if seed%3 == 0 {
			pieces = [][]byte{stream} // behind the handshake at once
		}
		url := speaker(t, func() [][]byte { return pieces })
		require.Equal(t, heard(t, url, false), heard(t, url, true), "seed %d", seed)
	}
}

func TestPlainMessagesAreReadWithoutMemory(t *testing.T) {
	const messages = 2_000
	stream := bytes.Repeat(frame(finalText, bytes.Repeat([]byte("x"), 500)), messages)
	conn, err := dialSpeaker(speaker(t, func() [][]byte { return [][]byte{stream} }), true)
	require.NoError(t, err)
	defer conn.Close()
	var message bytes.Buffer // and none of the texts: under the race detector a pool forgets at random
	made := testing.AllocsPerRun(messages-1, func() {
		_, length := conn.plain.waitForPlain()
		message.Reset()
		require.NoError(t, conn.plain.readPlain(&message, length))
	})
	require.Zero(t, made)
}

// acceptOf is the answer to the key of a handshake, see RFC 6455, 4.2.2.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
