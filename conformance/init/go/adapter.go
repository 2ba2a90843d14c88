// Plugs this implementation into the conformance suite: one JSON object a line on standard input and output.
//
// docs/conformance/control.md says what each command means.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const hello = `{"control":1,"name":"my-bus","version":"0.1.0","spec":"0.1","profiles":["core.envelope"],` +
	`"clock":"virtual","asks":["parse","write"],"can":[]}`

type command struct {
	Seq   int             `json:"seq"`
	Do    string          `json:"do"`
	NowMs int64           `json:"nowMs"`
	ToMs  int64           `json:"toMs"`
	About string          `json:"about"`
	Input json.RawMessage `json:"input"`
}

// errUnsupported is for a command, or a question, that this implementation does not know yet.
var errUnsupported = errors.New("that is not there yet")

type adapter struct {
	nowMs int64
}

// answer gives the answer to one command, as a line. What is `ok` is text: data stays the JSON that it came as.
func (a *adapter) answer(one command) string {
	ok, no, err := a.run(one)
	outcome := `"ok":` + ok
	if no != nil {
		outcome = `"refused":` + jsonOf(no)
	}
	if err != nil {
		outcome = `"unsupported":` + jsonOf(one.Do+": "+err.Error())
	}
	// A line feed in JSON is white space; here it would end the line.
	outcome = strings.ReplaceAll(outcome, "\n", " ")
	// `events` is where deliveries and steps will be told.
	return fmt.Sprintf(`{"seq":%d,%s,"nowMs":%d,"events":[]}`+"\n", one.Seq, outcome, a.nowMs)
}

func (a *adapter) run(one command) (string, *refused, error) {
	switch strings.TrimSpace(one.Do + " " + one.About) {
	case "hello":
		return hello, nil, nil
	case "start":
		a.nowMs = one.NowMs
		return "{}", nil, nil
	case "advance":
		a.nowMs = one.ToMs
		return "{}", nil, nil
	case "stop":
		return "{}", nil, nil
	case "ask parse":
		return parse(one.Input)
	case "ask write":
		return write(one.Input)
	}
	return "", nil, errUnsupported
}

// parse reads a request.
func parse(input json.RawMessage) (string, *refused, error) {
	var request struct {
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
		BodyBase64 string            `json:"bodyBase64"`
	}
	if err := json.Unmarshal(input, &request); err != nil {
		return "", nil, err
	}
	body := []byte(request.Body)
	if request.BodyBase64 != "" {
		var err error
		if body, err = base64.StdEncoding.DecodeString(request.BodyBase64); err != nil {
			return "", nil, err
		}
	}
	items, isBatch, no := readRequest(request.Headers, body)
	if no != nil {
		return "", no, nil
	}
	var results []string
	for _, item := range items {
		results = append(results, resultOf(item))
	}
	if !isBatch {
		return results[0], nil, nil
	}
	return `{"batch":[` + strings.Join(results, ",") + `]}`, nil, nil
}

func resultOf(one item) string {
	if one.refused != nil {
		return `{"refused":` + jsonOf(one.refused) + `}`
	}
	return `{"envelope":` + one.envelope.asJSON() + `}`
}

// write writes an envelope as a request.
func write(input json.RawMessage) (string, *refused, error) {
	var request struct {
		Envelope json.RawMessage `json:"envelope"`
		Mode     string          `json:"mode"`
	}
	if err := json.Unmarshal(input, &request); err != nil {
		return "", nil, err
	}
	if request.Mode != "structured" {
		return "", nil, errUnsupported
	}
	read, no := readEnvelope(string(request.Envelope))
	if no != nil {
		return "", no, nil
	}
	return jsonOf(map[string]any{"headers": map[string]string{"content-type": structured}, "body": read.asJSON()}), nil, nil
}

func main() {
	adapter := &adapter{}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		var one command
		if err == nil {
			err = json.Unmarshal(line, &one)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Print(adapter.answer(one))
		if one.Do == "stop" {
			return
		}
	}
}
