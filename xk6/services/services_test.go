package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asServices makes this test binary the program.
const asServices = "RUN_AS_SERVICES"

func TestMain(m *testing.M) {
	if os.Getenv(asServices) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the program at work.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	errors string // file that stderr goes to
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], args...), errors: filepath.Join(t.TempDir(), "stderr")}
	p.cmd.Env = append(os.Environ(), asServices+"=1")
	stderr, err := os.Create(p.errors)
	require.NoError(t, err)
	defer func() { _ = stderr.Close() }()
	p.cmd.Stderr = stderr
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(stdout)
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

// stderr is what the process has complained of.
func (p *process) stderr() string {
	p.t.Helper()
	text, err := os.ReadFile(p.errors)
	require.NoError(p.t, err)
	return string(text)
}

// url reads the line that announces the service.
func (p *process) url(service string) string {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	require.NoError(p.t, err, p.stderr())
	var ready struct{ Service, URL string }
	require.NoError(p.t, json.Unmarshal([]byte(line), &ready))
	assert.Equal(p.t, service, ready.Service)
	return ready.URL
}

// exit waits for the end of the process.
func (p *process) exit() (code int, rest string) {
	p.t.Helper()
	out, err := io.ReadAll(p.stdout)
	require.NoError(p.t, err)
	var exit *exec.ExitError
	if err := p.cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode(), string(out)
	} else {
		require.NoError(p.t, err)
	}
	return 0, string(out)
}

func TestNATS(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "dir")
	for round := range 2 { // the second finds what the first has stored
		p := start(t, "nats", "--store-dir", dir)
		conn, err := nats.Connect(p.url("nats"))
		require.NoError(t, err)
		js, err := conn.JetStream()
		require.NoError(t, err)
		if round == 0 {
			_, err = js.AddStream(&nats.StreamConfig{Name: "s", Subjects: []string{"s"}, Storage: nats.FileStorage})
			require.NoError(t, err)
		}
		ack, err := js.Publish("s", []byte("x"))
		require.NoError(t, err)
		assert.EqualValues(t, round+1, ack.Sequence)
		conn.Close()
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		code, rest := p.exit()
		assert.Zero(t, code, p.stderr())
		assert.Empty(t, rest, "one line is all that stdout gets")
		assert.Empty(t, p.stderr())
	}
}

func TestRedis(t *testing.T) {
	t.Parallel()
	p := start(t, "redis")
	opts, err := redis.ParseURL(p.url("redis"))
	require.NoError(t, err)
	client := redis.NewClient(opts)
	defer func() { _ = client.Close() }()
	require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: "s", Values: []string{"k", "v"}}).Err())
	assert.EqualValues(t, 1, client.XLen(t.Context(), "s").Val())
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	code, rest := p.exit()
	assert.Zero(t, code, p.stderr())
	assert.Empty(t, rest)
}

func TestPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for _, service := range [][]string{{"nats", "--store-dir", t.TempDir()}, {"redis"}} {
		p := start(t, append(service, "--port", port)...)
		code, _ := p.exit()
		assert.Equal(t, 1, code)
		assert.Contains(t, p.stderr(), "services: "+service[0]+": ")
		assert.Contains(t, p.stderr(), "address already in use")
		assert.Equal(t, 1, strings.Count(p.stderr(), "\n"))
	}
}

func TestStoreThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	p := start(t, "nats", "--store-dir", file)
	code, _ := p.exit()
	assert.Equal(t, 1, code)
	assert.Contains(t, p.stderr(), file)
}

func TestExitWithStdin(t *testing.T) {
	t.Parallel()
	for _, service := range [][]string{{"nats", "--store-dir", t.TempDir()}, {"redis"}} {
		p := start(t, append(service, "--exit-with-stdin")...)
		p.url(service[0])
		_, err := p.stdin.Write([]byte("input is read and ignored\n"))
		require.NoError(t, err)
		require.NoError(t, p.stdin.Close())
		code, _ := p.exit()
		assert.Zero(t, code, p.stderr())
	}
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                                "no service given: want nats or redis",
		"mysql":                           `unknown argument "mysql": want nats or redis`,
		"redis now":                       `unknown argument "now": want flags only`,
		"nats":                            "--store-dir is missing: give the directory for JetStream's files",
		"nats --store-dir":                "flag needs an argument: --store-dir",
		"redis --port 65536":              `invalid argument "65536" for "--port" flag: want a whole number from 0 to 65535`,
		"redis --port six":                `invalid argument "six" for "--port" flag: want a whole number from 0 to 65535`,
		"redis --exit-with-stdin=perhaps": `invalid argument "perhaps" for "--exit-with-stdin" flag: want true or false`,
		"redis --store-dir x":             "unknown flag: --store-dir",
	} {
		p := start(t, strings.Fields(args)...)
		code, out := p.exit()
		assert.Equal(t, 2, code, args)
		assert.Empty(t, out)
		assert.Equal(t, "services: "+want+"; see services --help\n", p.stderr())
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--help":       "services nats --store-dir /tmp/jetstream",
		"nats --help":  "--store-dir",
		"redis --help": "--port",
	} {
		p := start(t, strings.Fields(args)...)
		code, out := p.exit()
		assert.Zero(t, code)
		assert.Contains(t, out, want)
		assert.Empty(t, p.stderr())
	}
}
