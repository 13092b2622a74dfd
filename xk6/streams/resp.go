package streams

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// The protocol as far as XADD needs it:
// https://redis.io/docs/latest/develop/reference/protocol-spec

// appendBulk appends one argument of a command.
func appendBulk(buf, argument []byte) []byte {
	buf = append(buf, '$')
	buf = strconv.AppendInt(buf, int64(len(argument)), 10)
	buf = append(buf, "\r\n"...)
	buf = append(buf, argument...)
	return append(buf, "\r\n"...)
}

// appendArray appends the beginning of a command of so many arguments.
func appendArray(buf []byte, arguments int) []byte {
	buf = append(buf, '*')
	buf = strconv.AppendInt(buf, int64(arguments), 10)
	return append(buf, "\r\n"...)
}

// refusal is an answer that is an error: in the words of the server.
type refusal string

// Error is its text.
func (r refusal) Error() string { return string(r) }

var errNoID = errors.New("the answer is neither an id nor an error")

// readID reads the answer to an XADD.
//
// The error is a refusal when the server said so; after any other one the
// connection is of no use.
func readID(reader *bufio.Reader) error {
	line, err := readLine(reader)
	if err != nil {
		return err
	}
	switch line[0] {
	case '-':
		return refusal(line[1:])
	case '$':
		length, err := strconv.Atoi(string(line[1:]))
		if err != nil || length < 1 {
			return fmt.Errorf("%w: %.60q", errNoID, line)
		}
		_, err = reader.Discard(length + len("\r\n"))
		return err
	}
	return fmt.Errorf("%w: %.60q", errNoID, line)
}

// readLine reads a line of one letter at least, without its end. It holds until
// the next reading.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if line = bytes.TrimSuffix(line, []byte("\r\n")); len(line) == 0 {
		return nil, fmt.Errorf("%w: an empty line", errNoID)
	}
	return line, nil
}
