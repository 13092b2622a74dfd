package streams

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/js/modulestest"
	"go.k6.io/k6/lib"
)

const template = `
	const template = new Template({seed: 1, variants: [{fields: [
		["seq"], [{slot: "number"}], ["hash"], [{slot: "identity", spelling: "hash"}]]}]});
`

// result is what addSeries resolves to.
type result struct {
	SentAt      float64
	LatenciesMs []float64
	Added       int
	Failures    []Failure
}

// add runs the calls, each of which is the arguments of one addSeries, in one
// iteration of one VU.
func add(t *testing.T, options string, calls ...string) []result {
	t.Helper()
	vu := modulestest.NewRuntime(t)
	rt := vu.VU.Runtime()
	for name, export := range New().NewModuleInstance(vu.VU).Exports().Named {
		require.NoError(t, rt.Set(name, export))
	}
	var reported []string
	require.NoError(t, rt.Set("report", func(text string) { reported = append(reported, text) }))
	_, err := vu.RunOnEventLoop(`const streams = new Streams(` + options + `);` + template)
	require.NoError(t, err)
	vu.MoveToVUContext(&lib.State{Dialer: &net.Dialer{}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	vu.VU.CtxField = ctx
	script := "(async () => {"
	for _, call := range calls {
		script += `report(JSON.stringify(await streams.addSeries(` + call + `)));`
	}
	require.NoError(t, vu.EventLoop.Start(func() error {
		_, err := rt.RunString(script + "})()")
		return err
	}))
	vu.EventLoop.WaitOnRegistered()
	require.Len(t, reported, len(calls))
	results := make([]result, len(calls))
	for i, text := range reported {
		require.NoError(t, json.Unmarshal([]byte(text), &results[i]))
	}
	return results
}

func series(firstSeq, count int) string {
	return fmt.Sprintf(`template, {run: 1, publisher: 2, firstSeq: %d, count: %d}`, firstSeq, count)
}

func url(address string) string {
	return fmt.Sprintf(`{url: "redis://%s?read_timeout=300ms"}`, address)
}

func TestAddSeries(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	got := add(t, url(redis.Addr()), `"s", `+series(10, 700), `"s", `+series(710, 1), `"s", `+series(0, 0))
	assert.Equal(t, []int{700, 1, 0}, []int{got[0].Added, got[1].Added, got[2].Added})
	assert.Empty(t, got[0].Failures)
	require.Len(t, got[0].LatenciesMs, 1)
	assert.Positive(t, got[0].LatenciesMs[0])
	assert.Empty(t, got[2].LatenciesMs)
	entries, err := redis.Stream("s")
	require.NoError(t, err)
	require.Len(t, entries, 701)
	last := ""
	for i, entry := range entries {
		require.Len(t, entry.Values, 4)
		assert.Equal(t, []string{"seq", fmt.Sprint(i + 10), "hash"}, entry.Values[:3])
		hash := entry.Values[3]
		assert.Equal(t, fmt.Sprintf("0x7468726f7567686c696e650001000000010002%08x", i+10), hash[:48])
		assert.GreaterOrEqual(t, hash[48:62], last, "stamped before the one before it")
		last = hash[48:62]
	}
	assert.Greater(t, last, entries[0].Values[3][48:62])
}

func TestWithoutTimeoutInTheURL(t *testing.T) {
	t.Parallel()
	got := add(t, `{url: "redis://`+miniredis.RunT(t).Addr()+`"}`, `"s", `+series(0, 3))[0]
	assert.Equal(t, 3, got.Added, got.Failures)
}

func TestRefusedByTheServer(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	require.NoError(t, redis.Set("text", "x"))
	got := add(t, url(redis.Addr()), `"text", `+series(0, 2), `"s", `+series(0, 2))
	assert.Equal(t, 0, got[0].Added)
	for i, failure := range got[0].Failures {
		assert.Equal(t, i, failure.Index)
		assert.True(t, failure.Sent)
		assert.Contains(t, failure.Error, "WRONGTYPE ")
	}
	assert.Len(t, got[0].Failures, 2)
	assert.Equal(t, 2, got[1].Added)
}

func TestPassword(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	redis.RequireAuth("right")
	assert.Equal(t, 1, add(t, url(":right@"+redis.Addr()), `"s", `+series(0, 1))[0].Added)
	for _, password := range []string{"", ":wrong@"} {
		got := add(t, url(password+redis.Addr()), `"s", `+series(0, 1))[0]
		assert.Equal(t, 0, got.Added)
		assert.Regexp(t, "^(WRONGPASS|NOAUTH) ", got.Failures[0].Error)
		assert.True(t, got.Failures[0].Refused)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	got := add(t, url("127.0.0.1:1"), `"s", `+series(0, 3))[0]
	assert.Equal(t, 0, got.Added)
	require.Len(t, got.Failures, 3)
	assert.False(t, got.Failures[2].Sent)
	assert.Contains(t, got.Failures[2].Error, "connection refused")
}

// answering is a server that answers the commands of its n-th connection, the
// client library's own apart, with the answers of the n-th list, and closes the
// connection after them.
func answering(t *testing.T, answers ...[]string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for _, own := range answers {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn, own)
		}
	}()
	return listener.Addr().String()
}

func answer(conn net.Conn, answers []string) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for next := 0; next < len(answers); {
		arguments, err := readCommand(reader)
		if err != nil {
			return
		}
		text := "+OK\r\n"
		if arguments[0] == "XADD" {
			text = answers[next]
			next++
		} else if strings.EqualFold(arguments[0], "hello") {
			text = "-ERR unknown command\r\n"
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			return
		}
	}
}

func readCommand(reader *bufio.Reader) ([]string, error) {
	var count int
	if _, err := fmt.Fscanf(reader, "*%d\r\n", &count); err != nil {
		return nil, err
	}
	arguments := make([]string, count)
	for i := range arguments {
		var length int
		if _, err := fmt.Fscanf(reader, "$%d\r\n", &length); err != nil {
			return nil, err
		}
		text := make([]byte, length+2)
		for read := 0; read < len(text); {
			n, err := reader.Read(text[read:])
			if err != nil {
				return nil, err
			}
			read += n
		}
		arguments[i] = string(text[:length])
	}
	return arguments, nil
}

const added = "$3\r\n1-1\r\n"

func TestSomeRefused(t *testing.T) {
	t.Parallel()
	got := add(t, url(answering(t, []string{added, "-OOM command not allowed\r\n", added, added})), `"s", `+series(0, 4))[0]
	assert.Equal(t, 3, got.Added)
	assert.Equal(t, []Failure{{1, true, true, "OOM command not allowed"}}, got.Failures)
}

// What was answered before the connection broke has its outcome; what was not
// is not known. The next series has a connection of its own.
func TestConnectionThatBreaks(t *testing.T) {
	t.Parallel()
	got := add(t, url(answering(t, []string{added, added}, []string{added})), `"s", `+series(0, 5), `"s", `+series(5, 1))
	assert.Equal(t, 2, got[0].Added)
	require.Len(t, got[0].Failures, 3)
	assert.Equal(t, 2, got[0].Failures[0].Index)
	assert.True(t, got[0].Failures[0].Sent)
	assert.False(t, got[0].Failures[0].Refused)
	assert.Equal(t, 1, got[1].Added)
}

func TestServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	got := add(t, url(answering(t, []string{added, "", added})), `"s", `+series(0, 2))[0]
	assert.Equal(t, 1, got.Added)
	assert.Contains(t, got.Failures[0].Error, "i/o timeout")
	assert.True(t, got.Failures[0].Sent)
}

// What a call says of the time is more than what the URL does.
func TestTimeoutOfTheCall(t *testing.T) {
	t.Parallel()
	address := answering(t, []string{"", added})
	got := add(t, `{url: "redis://`+address+`?read_timeout=1h"}`, `"s", `+series(0, 1)+`, {timeout: 300}`)[0]
	assert.Contains(t, got.Failures[0].Error, "i/o timeout")
}

func TestAnswerThatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{":1\r\n", "$-1\r\n", "\r\n", "hello\r\n", "$x\r\n"} {
		got := add(t, url(answering(t, []string{text, added}, []string{added})), `"s", `+series(0, 2), `"s", `+series(2, 1))
		assert.Equal(t, []int{0, 1}, []int{got[0].Added, got[1].Added}, text)
		assert.Len(t, got[0].Failures, 2)
		assert.Contains(t, got[0].Failures[1].Error, "the answer is neither an id nor an error", text)
	}
}

// A master that has become a replica refuses; its Sentinel knows the next one.
func TestSentinel(t *testing.T) {
	t.Parallel()
	masters := []string{answering(t, []string{"-READONLY You can't write against a read only replica.\r\n", added}), miniredis.RunT(t).Addr()}
	var asked atomic.Int32
	sentinel, err := server.NewServer("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(sentinel.Close)
	require.NoError(t, sentinel.Register("SENTINEL", func(c *server.Peer, _ string, args []string) {
		host, port, _ := net.SplitHostPort(masters[asked.Add(1)-1])
		assert.Equal(t, []string{"get-master-addr-by-name", "mymaster"}, args)
		c.WriteStrings([]string{host, port})
	}))
	options := fmt.Sprintf(`{url: "redis://%s?read_timeout=300ms", masterName: "mymaster"}`, sentinel.Addr())
	got := add(t, options, `"s", `+series(0, 1), `"s", `+series(1, 1))
	assert.Contains(t, got[0].Failures[0].Error, "READONLY ")
	assert.Equal(t, 1, got[1].Added)
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`new Streams()`:                              "redis-streams: want an object of options, got nothing",
		`new Streams({})`:                            `redis-streams: option "url" is missing: want redis://host:port`,
		`new Streams({host: "a"})`:                   `redis-streams: option "host": unknown, want one of masterName, url`,
		`new Streams({url: "redis://:hunter2@a:x"})`: `redis-streams: option "url": invalid port ":x" after host`,
		`new Streams({url: "http://:hunter2@a"})`:    `redis-streams: option "url": redis: invalid URL scheme: http`,
	} {
		vu := modulestest.NewRuntime(t)
		for name, export := range New().NewModuleInstance(vu.VU).Exports().Named {
			require.NoError(t, vu.VU.Runtime().Set(name, export))
		}
		got, err := vu.VU.Runtime().RunString(`try { ` + script + `; "no error" } catch (e) { e.message }`)
		require.NoError(t, err)
		assert.Equal(t, want, got.String(), script)
	}
}

// A wrong argument is no failure of the server.
func TestMistakesOfACall(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		`"s"`:                                  "TypeError: want a Template, got nothing",
		`"s", template`:                        "TypeError: want an object of options, got nothing",
		`"s", template, {count: 1}, {wait: 1}`: `TypeError: option "wait": unknown, want one of timeout`,
	} {
		caught := arguments + `).catch((e) => ({failures: [{error: String(e)}]})`
		assert.Equal(t, want, add(t, `{url: "redis://127.0.0.1:1"}`, caught)[0].Failures[0].Error)
	}
}
