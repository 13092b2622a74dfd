package sockets

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/js/modulestest"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
)

const (
	idA = "evt_1767225600000000000_00000001000100000001abcd"
	idB = "evt_1767225600000000000_00000001000100000002abcd"
	idC = "evt_1767225600000000000_00000001000100000003abcd"
)

func eventOf(id string) string { return `{"type":"event","data":{"event_id":"` + id + `"}}` }

// gateway is a server that does with each connection what a test says.
func gateway(t *testing.T, serve func(*websocket.Conn)) string {
	t.Helper()
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		serve(conn)
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/ws"
}

// No test depends on how busy this machine is.
func init() { ofProcess.start.Do(func() {}) }

// run runs a script in which URL is the gateway, and report tells the test.
func run(t *testing.T, url, script string) []string {
	t.Helper()
	return (&stage{}).run(t, url, script)
}

// stage is where a script runs.
type stage struct {
	dialer  lib.DialContexter
	globals map[string]any
	samples chan metrics.SampleContainer
}

func (s *stage) run(t *testing.T, url, script string) []string {
	t.Helper()
	if s.dialer == nil {
		s.dialer = &net.Dialer{}
	}
	runtime := modulestest.NewRuntime(t)
	rt := runtime.VU.Runtime()
	module := New().NewModuleInstance(runtime.VU).(*instance)
	for name, export := range module.Exports().Named {
		require.NoError(t, rt.Set(name, export))
	}
	all, _ := readTold(t)
	wire, err := json.Marshal(all.Wire)
	require.NoError(t, err)
	var reported []string
	require.NoError(t, rt.Set("URL", url))
	require.NoError(t, rt.Set("report", func(what string) { reported = append(reported, what) }))
	registry := metrics.NewRegistry()
	s.samples = make(chan metrics.SampleContainer, 1000)
	for name, value := range s.globals {
		require.NoError(t, rt.Set(name, value))
	}
	runtime.MoveToVUContext(&lib.State{
		Logger: logrus.New(), Dialer: s.dialer, Samples: s.samples, BuiltinMetrics: metrics.RegisterBuiltinMetrics(registry),
		Options: lib.Options{SystemTags: &metrics.DefaultSystemTagSet}, Tags: lib.NewVUStateTags(registry.RootTagSet()),
	})
	_, err = runtime.RunOnEventLoop(`
		const options = {
			wire: ` + string(wire) + `, judges: true, samplesPerSecond: 100, place: 1, comparedPerSecond: 1, enough: 3,
			heartbeat: 3000,
		};
		const lives = { opened() { report("opened") }, failed(error) { report("failed " + error) },
			closed(code, reason) { report("closed " + code + " " + reason) } };
		const heard = { first: false, enough: false };
		const told = { news(first, enough) { heard.first ||= first; heard.enough ||= enough; } };
	` + script)
	require.NoError(t, err)
	return reported
}

func say(t *testing.T, conn *websocket.Conn, texts ...string) {
	for _, text := range texts {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Error(err)
		}
	}
}

// untilClosed reads until the other side says goodbye.
func untilClosed(conn *websocket.Conn) error {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return err
		}
	}
}

func TestEventsBehindTheAnswerArriveOnTheirSubscription(t *testing.T) {
	goodbye := make(chan error, 1)
	url := gateway(t, func(conn *websocket.Conn) {
		say(t, conn, eventOf(idA)) // before any subscription
		say(t, conn, `{"type":"subscribed"}`+"\n"+eventOf(idB), eventOf(idC), `{"type":"event","data":{}}`)
		goodbye <- untilClosed(conn)
	})
	reported := run(t, url, `
		const sockets = new Sockets(options, told);
		const began = Date.now();
		const number = sockets.open(URL, { headers: { "X-Own": "1" } }, { ...lives, read(message, at) {
			report(message);
			if (at < began || at > Date.now() + 1) report("read at another time");
			sockets.listen(number, began, '"path":"one"', '"filter":{}');
			setTimeout(() => {
				const { ids, times } = sockets.takeArrivals(number);
				report("news " + heard.first + " " + heard.enough);
				report(ids);
				if (times.length !== 2 || times.some((us) => us < 0 || us > 10_000_000)) report("times " + times);
				if (sockets.takeArrivals(number).times.length > 0) report("has arrivals still");
				report("frames " + sockets.framesRead(number));
				const { events, foreign, samples, compared, strays } = sockets.take();
				report(JSON.stringify({ events, foreign, samples: samples.ids, compared, strays }));
				sockets.cut(number);
			}, 300);
		} });
	`)
	require.Equal(t, []string{
		"opened", `{"type":"subscribed"}`, "news true true", idB + idC, "frames 4",
		`{"events":4,"foreign":1,"samples":"` + idB + idC + `","compared":{"ids":"` + idB + idC + `","messages":["` +
			strings.ReplaceAll(eventOf(idB), `"`, `\"`) + `","` +
			strings.ReplaceAll(eventOf(idC), `"`, `\"`) + `"]},"strays":["{\"type\":\"event\",\"data\":{}}"]}`,
		"closed 1000 ",
	}, reported)
	var closed *websocket.CloseError
	require.ErrorAs(t, <-goodbye, &closed)
	require.Equal(t, websocket.CloseNormalClosure, closed.Code)
}

func TestReportsAreWrittenAsTheReceiverReadsThem(t *testing.T) {
	url := gateway(t, func(conn *websocket.Conn) {
		broken := idA[:40] + `\"` + idA[42:]
		say(t, conn, `{"type":"subscribed"}`, eventOf(idB), eventOf(idC), eventOf(broken))
		_ = untilClosed(conn)
	})
	reported := run(t, url, `
		const sockets = new Sockets(options, told);
		let first; // is earlier where this machine was slow
		const show = (after, all) => {
			const reports = JSON.parse("[" + sockets.reports((first ?? 1000.5) + after, all) + "]");
			first ??= reports[0].through;
			report(JSON.stringify(reports, (key, value) =>
				key === "times" ? value.map(() => 0) : key === "through" ? Math.round(value - first) : value));
		};
		const number = sockets.open(URL, {}, { ...lives, read() {
			sockets.listen(number, Date.now(), '"path":"one"', '"filter":{}');
			setTimeout(() => {
				show(0, false);
				show(2999, false);
				show(2999, true);
				show(5999, false);
				sockets.leave(number);
				show(9999, true);
				sockets.cut(number);
			}, 300);
		} });
	`)
	text := idB + idC + idA[:40] + `\\\"` + idA[42:]
	silent := func(through string) string {
		return `[{"path":"one","through":` + through + `,"closed":false,"ids":"","times":[]}]`
	}
	require.Equal(t, []string{
		"opened", `[{"path":"one","filter":{},"through":0,"closed":false,"ids":"` + text + `","times":[0,0,0]}]`,
		"[]", silent("2999"), silent("5999"), "[]", "closed 1000 ",
	}, reported)
}

func TestWhatTheOtherSideClosesWithIsTold(t *testing.T) {
	url := gateway(t, func(conn *websocket.Conn) {
		text := websocket.FormatCloseMessage(websocket.ClosePolicyViolation, "quota")
		_ = conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second))
		_ = untilClosed(conn)
	})
	require.Equal(t, []string{"opened", "closed 1008 quota"}, run(t, url, `new Sockets(options, told).open(URL, {}, lives)`))
}

func TestAConnectionThatBreaksHasNoCode(t *testing.T) {
	url := gateway(t, func(conn *websocket.Conn) { _ = conn.NetConn().Close() })
	reported := run(t, url, `new Sockets(options, told).open(URL, {}, lives)`)
	require.Equal(t, []string{"opened", "closed 1006 unexpected EOF"}, reported)
}

func TestARefusedHandshakeHasFailed(t *testing.T) {
	url := strings.Replace(gateway(t, nil), "/ws", "/refused", 1)
	reported := run(t, url, `new Sockets(options, told).open(URL, {}, lives)`)
	require.Equal(t, []string{"failed websocket: bad handshake", "closed 0 "}, reported)
}

func TestASocketThatIsCutWhileItConnectsIsOver(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	reported := run(t, "ws://"+listener.Addr().String(), `
		const sockets = new Sockets(options, told);
		const number = sockets.open(URL, {}, lives);
		setTimeout(() => sockets.cut(number), 100);
	`)
	require.Equal(t, []string{"closed 1000 "}, reported)
}

func TestTextsAreSentInOrder(t *testing.T) {
	url := gateway(t, func(conn *websocket.Conn) {
		for {
			_, text, err := conn.ReadMessage()
			if err != nil {
				return
			}
			say(t, conn, string(text))
		}
	})
	reported := run(t, url, `
		const sockets = new Sockets(options, told);
		const echoed = [];
		const number = sockets.open(URL, {}, { ...lives,
			opened() { for (let sent = 0; sent < 100; sent++) sockets.send(number, "text " + sent) },
			read(message) { if (echoed.push(message) === 100) sockets.cut(number) },
			closed() { report(String(echoed.length === 100 && echoed.every((text, place) => text === "text " + place))) },
		});
	`)
	require.Equal(t, []string{"true"}, reported)
}

func TestSlowReadersCount(t *testing.T) {
	url := gateway(t, func(conn *websocket.Conn) {
		say(t, conn, eventOf(idA), eventOf(idB), `{"type":"event","data":[{"event_id":"`+idA+`"},{"event_id":"`+idB+`"}]}`)
		time.Sleep(200 * time.Millisecond)
	})
	reported := run(t, url, `
		const sockets = new Sockets({ ...options, judges: false, enough: 100 }, told);
		sockets.open(URL, {}, { ...lives, closed() { report(JSON.stringify(sockets.take())) } });
	`)
	require.Equal(t, []string{"opened", `{"events":4,"foreign":0,"samples":{"ids":"","at":[],"lags":[]},"compared":{"ids":"","messages":[]},"strays":[]}`}, reported)
}

func TestOptionsThatAreMissingAreNamed(t *testing.T) {
	runtime := modulestest.NewRuntime(t)
	rt := runtime.VU.Runtime()
	require.NoError(t, rt.Set("Sockets", New().NewModuleInstance(runtime.VU).Exports().Named["Sockets"]))
	for script, problem := range map[string]string{
		`new Sockets({ enough: 3 }, {})`:        "must be given",
		`new Sockets({ enough: 0 }, {})`:        `option "enough": want a number above 0`,
		`new Sockets({ wire: { event: "(" } })`: `option "wire.event"`,
	} {
		_, err := rt.RunString(script)
		require.ErrorContains(t, err, problem)
	}
}
