package main

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A strict reader of JSON that leaves the parts of a value as the text they came as: numbers keep all their digits,
// members their order, and names that stand twice can be seen. encoding/json does none of these. It keeps its own
// stack: no nesting, however deep, ends it.

var errNotJSON = errors.New("the text is no JSON")

// part is what an object or an array holds. In an array it has no name; the depth of a scalar is 0, of {} 1.
type part struct {
	name  string
	text  string
	depth int
}

// Kinds of token beside the marks { } [ ] , and : themselves.
const (
	kindStart  = '^'
	kindString = '"'
	kindScalar = '0'
	kindName   = 'n'
	kindValue  = 'v'
)

// mayFollow says which tokens may come after what, within what.
var mayFollow = map[string]string{
	"^^": `"0{[`,
	"{{": `"}`,
	"n{": ":",
	":{": `"0{[`,
	",{": `"`,
	"v{": ",}",
	"[[": `"0{[]`,
	",[": `"0{[`,
	"v[": ",]",
}

// partsOf gives the kind of a value, `{`, `[`, `"` or `0`, and what an object or an array holds.
func partsOf(text string) (byte, []part, error) {
	var found []part
	var opened []byte
	var root byte
	var name string
	before := byte(kindStart)
	at, began, depth := 0, 0, 0
	for before != kindValue || len(opened) > 0 {
		inside := byte(kindStart)
		if len(opened) > 0 {
			inside = opened[len(opened)-1]
		}
		start, end := tokenAt(text, at)
		if start == end {
			return 0, nil, errNotJSON
		}
		kind := text[start]
		if kind != kindString && !strings.ContainsRune("{}[],:", rune(kind)) {
			kind = kindScalar
		}
		if strings.IndexByte(mayFollow[string([]byte{before, inside})], kind) < 0 {
			return 0, nil, errNotJSON
		}
		if root == 0 {
			root = kind
		}
		at = end
		if kind == kindString && inside == '{' && before != ':' {
			before = kindName
			if len(opened) == 1 {
				name = unquote(text[start:end])
			}
			continue
		}
		if len(opened) == 1 && strings.IndexByte(`"0{[`, kind) >= 0 {
			began, depth = start, 0
		}
		before = kind
		switch kind {
		case '{', '[':
			opened = append(opened, kind)
			if len(opened)-1 > depth {
				depth = len(opened) - 1
			}
			continue
		case '}', ']':
			opened = opened[:len(opened)-1]
		case ',', ':':
			continue
		}
		before = kindValue
		if len(opened) == 1 {
			found = append(found, part{name, text[began:end], depth})
		}
	}
	if skipSpace(text, at) != len(text) {
		return 0, nil, errNotJSON
	}
	return root, found, nil
}

// tokenAt gives where the next token begins and ends; both are the same where there is none.
func tokenAt(text string, at int) (int, int) {
	start := skipSpace(text, at)
	if start == len(text) {
		return start, start
	}
	switch text[start] {
	case '{', '}', '[', ']', ',', ':':
		return start, start + 1
	case '"':
		return start, stringEnd(text, start)
	}
	for _, literal := range []string{"true", "false", "null"} {
		if strings.HasPrefix(text[start:], literal) {
			return start, start + len(literal)
		}
	}
	return start, numberEnd(text, start)
}

func skipSpace(text string, at int) int {
	for at < len(text) && strings.IndexByte(" \t\n\r", text[at]) >= 0 {
		at++
	}
	return at
}

func stringEnd(text string, start int) int {
	for at := start + 1; at < len(text) && text[at] >= ' '; at++ {
		switch {
		case text[at] == '"':
			return at + 1
		case text[at] != '\\':
		case at+1 < len(text) && strings.IndexByte(`"\/bfnrt`, text[at+1]) >= 0:
			at++
		case at+5 < len(text) && text[at+1] == 'u' && isHex(text[at+2:at+6]):
			at += 5
		default:
			return start
		}
	}
	return start
}

func numberEnd(text string, start int) int {
	at := start
	if at < len(text) && text[at] == '-' {
		at++
	}
	whole := digitsEnd(text, at)
	if whole == at || text[at] == '0' && whole > at+1 {
		return start
	}
	at = whole
	if at < len(text) && text[at] == '.' {
		if digitsEnd(text, at+1) == at+1 {
			return start
		}
		at = digitsEnd(text, at+1)
	}
	if at < len(text) && (text[at] == 'e' || text[at] == 'E') {
		at++
		if at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		if digitsEnd(text, at) == at {
			return start
		}
		at = digitsEnd(text, at)
	}
	return at
}

func digitsEnd(text string, at int) int {
	for at < len(text) && text[at] >= '0' && text[at] <= '9' {
		at++
	}
	return at
}

func isHex(text string) bool {
	_, err := strconv.ParseUint(text, 16, 16)
	return err == nil
}

// unquote gives the text of a string. A lone surrogate becomes three bytes that are no UTF-8, so that it can be seen.
func unquote(quoted string) string {
	var text []byte
	for at := 1; at < len(quoted)-1; at++ {
		if quoted[at] != '\\' {
			text = append(text, quoted[at])
			continue
		}
		at++
		if quoted[at] != 'u' {
			text = append(text, "\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, quoted[at])])
			continue
		}
		unit := unitAt(quoted, at+1)
		at += 4
		if utf16.IsSurrogate(unit) {
			if strings.HasPrefix(quoted[at+1:], `\u`) {
				if pair := utf16.DecodeRune(unit, unitAt(quoted, at+3)); pair != utf8.RuneError {
					text = utf8.AppendRune(text, pair)
					at += 6
					continue
				}
			}
			text = append(text, 0xE0|byte(unit>>12), 0x80|byte(unit>>6)&0x3F, 0x80|byte(unit)&0x3F)
			continue
		}
		text = utf8.AppendRune(text, unit)
	}
	return string(text)
}

func unitAt(quoted string, at int) rune {
	unit, _ := strconv.ParseUint(quoted[at:at+4], 16, 16)
	return rune(unit)
}
