package main

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Envelopes: read from a request and judged by docs/spec/envelope.md, and written.

const (
	maxBytes           = 262_144
	maxBatchBytes      = 1_048_576
	maxBatchEnvelopes  = 1_000
	maxAttributes      = 64
	maxAttributeLength = 4_096
	maxDepth           = 64

	structured = "application/cloudevents+json"
	batched    = "application/cloudevents-batch+json"
)

var (
	namePattern    = regexp.MustCompile(`^[a-z0-9]{1,64}$`)
	base64Pattern  = regexp.MustCompile(`^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`)
	charsetPattern = regexp.MustCompile(`(?i);\s*charset\s*=\s*"?([^";\s]*)`)
)

var reasons = map[string]string{
	"missing":       "is required",
	"empty":         "must not be empty",
	"wrong-type":    "is of a JSON type that it cannot have",
	"too-long":      "is longer than it may be",
	"too-many":      "has more attributes than it may have",
	"too-deep":      "is nested deeper than it may be",
	"name":          "is no name of an attribute: 1 to 64 lower-case letters and digits",
	"character":     "has a control character, a lone surrogate or a noncharacter",
	"format":        "does not follow the grammar of the attribute",
	"unknown-value": "is none of the values allowed",
	"out-of-range":  "is no integer of 32 bits",
	"conflict":      "stands beside data: they say one thing twice",
	"base64":        "is not base64, padded and without white space",
}

type fault struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

func faultOf(field, code string) fault {
	who := field
	if field == "" {
		who = "the envelope"
	}
	return fault{field, code, who + " " + reasons[code]}
}

// refused is an input that breaks a rule.
type refused struct {
	Code   string  `json:"code"`
	Faults []fault `json:"faults"`
}

func refuse(code string, faults ...fault) *refused {
	return &refused{code, append([]fault{}, faults...)}
}

// attribute has a value that is a string, an int32 or a bool.
type attribute struct {
	name  string
	value any
}

// envelope is what was published. Data is JSON, as the text that it came as; it is empty where there is none.
type envelope struct {
	attributes []attribute
	data       string
	hasBytes   bool
	dataBase64 string
}

// item is one of a batch, which is judged alone: an envelope or a refusal.
type item struct {
	envelope *envelope
	refused  *refused
}

// readRequest gives what a request publishes: one item, or those of a batch.
func readRequest(headers map[string]string, body []byte) (items []item, isBatch bool, no *refused) {
	contentType := ""
	for name, value := range headers {
		if strings.EqualFold(name, "content-type") {
			contentType = value
		}
	}
	essence := strings.ToLower(strings.TrimSpace(strings.Split(contentType, ";")[0]))
	charset := charsetPattern.FindStringSubmatch(contentType)
	// Binary mode, with its header ce-specversion, belongs to the profile http: it would be read here.
	if essence != structured && essence != batched || charset != nil && !strings.EqualFold(charset[1], "utf-8") {
		return nil, false, refuse("content-type-unsupported")
	}
	if essence == structured && len(body) > maxBytes || len(body) > maxBatchBytes {
		return nil, false, refuse("body-too-large")
	}
	if !utf8.Valid(body) {
		return nil, false, refuse("envelope-malformed")
	}
	if essence == structured {
		read, no := readEnvelope(string(body))
		return []item{{read, no}}, false, no
	}
	kind, parts, err := partsOf(string(body))
	if err != nil || kind != '[' {
		return nil, true, refuse("envelope-malformed")
	}
	if len(parts) > maxBatchEnvelopes {
		return nil, true, refuse("batch-too-large")
	}
	for _, one := range parts {
		read, no := readEnvelope(one.text)
		items = append(items, item{read, no})
	}
	return items, true, nil
}

// readEnvelope reads structured mode; a refusal names every fault.
func readEnvelope(text string) (*envelope, *refused) {
	if len(text) > maxBytes {
		return nil, refuse("body-too-large")
	}
	kind, members, err := partsOf(text)
	if err != nil || kind != '{' {
		return nil, refuse("envelope-malformed")
	}
	read := &envelope{}
	seen := map[string]any{}
	var faults []fault
	for _, member := range members {
		if _, twice := seen[member.name]; twice {
			return nil, refuse("envelope-malformed")
		}
		seen[member.name] = nil
		switch {
		case member.name == "data":
			read.data = member.text
			if member.depth > maxDepth {
				faults = append(faults, faultOf("data", "too-deep"))
			}
		case member.name != "data_base64" && !namePattern.MatchString(member.name):
			faults = append(faults, faultOf(member.name, "name"))
		case member.text == "null":
		case member.name == "data_base64":
			read.hasBytes = true
			seen[member.name] = valueOf(member.text)
		default:
			value := valueOf(member.text)
			seen[member.name] = value
			read.attributes = append(read.attributes, attribute{member.name, value})
			for _, code := range attributeFaults(member.name, value) {
				faults = append(faults, faultOf(member.name, code))
			}
		}
	}
	for _, name := range required {
		if seen[name] == nil {
			faults = append(faults, faultOf(name, "missing"))
		}
	}
	if len(read.attributes) > maxAttributes {
		faults = append(faults, faultOf("", "too-many"))
	}
	faults = append(faults, dataFaults(read, seen["datacontenttype"], seen["data_base64"])...)
	if len(faults) > 0 {
		return nil, refuse("envelope-invalid", faults...)
	}
	return read, nil
}

// notScalar stands for an object or an array, which no attribute can be.
type notScalar struct{}

// valueOf gives a string, a bool, an int32, a float64 for any other number, or a notScalar.
func valueOf(text string) any {
	switch text[0] {
	case '"':
		return unquote(text)
	case '{', '[':
		return notScalar{}
	case 't', 'f':
		return text == "true"
	}
	number, _ := strconv.ParseFloat(text, 64)
	if number == math.Trunc(number) && number >= math.MinInt32 && number <= math.MaxInt32 {
		return int32(number)
	}
	return number
}

func attributeFaults(name string, value any) []string {
	rule, known := attributeRules[name]
	text, isText := value.(string)
	if isText {
		return textFaults(text, rule, known)
	}
	if _, scalar := value.(notScalar); known || scalar {
		return []string{"wrong-type"}
	}
	if _, outside := value.(float64); outside {
		return []string{"out-of-range"}
	}
	return nil
}

func textFaults(text string, rule attributeRule, known bool) (codes []string) {
	if !known {
		rule = attributeRule{maxAttributeLength, anyText}
	} else if text == "" {
		return []string{"empty"}
	}
	if len(utf16.Encode([]rune(text))) > rule.longest {
		codes = append(codes, "too-long")
	}
	if hasForbidden(text) {
		codes = append(codes, "character")
	}
	if code := rule.grammar(text); code != "" {
		codes = append(codes, code)
	}
	return codes
}

// hasForbidden tells of control characters, lone surrogates and noncharacters.
func hasForbidden(text string) bool {
	return !utf8.ValidString(text) || strings.IndexFunc(text, func(letter rune) bool {
		return letter < 0x20 || letter >= 0x7F && letter < 0xA0 || letter >= 0xFDD0 && letter <= 0xFDEF ||
			letter&0xFFFE == 0xFFFE
	}) >= 0
}

func dataFaults(read *envelope, contentType, bytes any) (faults []fault) {
	if read.hasBytes {
		text, isText := bytes.(string)
		read.dataBase64 = text
		if read.data != "" {
			faults = append(faults, faultOf("data_base64", "conflict"))
		}
		if !isText {
			faults = append(faults, faultOf("data_base64", "wrong-type"))
		} else if !base64Pattern.MatchString(text) {
			faults = append(faults, faultOf("data_base64", "base64"))
		}
	}
	media, isText := contentType.(string)
	if contentType != nil && (!isText || mediaType(media) != "") {
		return faults
	}
	if read.hasBytes && isJSON(media) {
		faults = append(faults, faultOf("data_base64", "wrong-type"))
	}
	if read.data != "" && !isJSON(media) && read.data != "null" && read.data[0] != '"' {
		faults = append(faults, faultOf("data", "wrong-type"))
	}
	return faults
}

// asJSON writes the envelope in structured mode.
func (one *envelope) asJSON() string {
	var members []string
	for _, attribute := range one.attributes {
		members = append(members, jsonOf(attribute.name)+":"+jsonOf(attribute.value))
	}
	if one.data != "" {
		members = append(members, `"data":`+one.data)
	}
	if one.hasBytes {
		members = append(members, `"data_base64":`+jsonOf(one.dataBase64))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// jsonOf does not escape what is only dangerous in HTML.
func jsonOf(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(text.String(), "\n")
}
