package main

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The attributes that the envelope knows: how long each may be, and what its text must look like. From the table of
// docs/spec/envelope.md.

// grammar gives the code of the fault, or the empty string.
type grammar func(text string) string

type attributeRule struct {
	longest int
	grammar grammar
}

var required = []string{"specversion", "id", "source", "type"}

var attributeRules = map[string]attributeRule{
	"specversion":     {4096, oneOf("1.0")},
	"id":              {256, anyText},
	"source":          {1024, uriReference},
	"type":            {256, like(typeToken + `(?:\.` + typeToken + `)*`)},
	"time":            {64, timestamp},
	"subject":         {4096, anyText},
	"datacontenttype": {256, mediaType},
	"dataschema":      {1024, uri},
	"priority":        {4096, oneOf("LOW", "NORMAL", "HIGH", "CRITICAL")},
	"target":          {192, like(service + "(?:@" + instance + ")?")},
	"correlationid":   {4096, anyText},
	"causationid":     {4096, anyText},
	"expirytime":      {64, timestamp},
	"deliverat":       {64, timestamp},
	"replyto":         {192, like(service + "@" + instance)},
	"partitionkey":    {4096, anyText},
	"traceparent":     {256, traceParent},
	"tracestate":      {4096, anyText},
}

const (
	letter    = `A-Za-z0-9\-._~!$&'()*+,;=`
	encoded   = `%[0-9A-Fa-f]{2}`
	inPath    = `(?:[` + letter + `:@]|` + encoded + `)`
	segments  = `(?:/` + inPath + `*)*`
	authority = `(?:(?:[` + letter + `:]|` + encoded + `)*@)?` +
		`(?:\[(?P<literal>[^\[\]]*)\]|(?:[` + letter + `]|` + encoded + `)*)(?::[0-9]*)?`
	// Printable ASCII but space, `.`, `*` and `>`.
	typeToken = `[!-)+-\-/-=?-~]+`
	service   = `[a-z0-9][a-z0-9-]{0,62}`
	instance  = `[A-Za-z0-9._-]{1,128}`
	token     = "[A-Za-z0-9!#$%&'*+\\-.^_`|~]+"
	parameter = token + `=(?:` + token + `|"(?:[^"\\]|\\.)*")`
)

var (
	uriPattern = regexp.MustCompile(`^(?P<scheme>[A-Za-z][A-Za-z0-9+\-.]*:)?` +
		`(?://` + authority + segments + `|/(?:` + inPath + `+` + segments + `)?|(?P<first>` + inPath + `+)` + segments + `|)` +
		`(?:\?(?:` + inPath + `|[/?])*)?(?:#(?:` + inPath + `|[/?])*)?$`)
	schemePattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+\-.]*:`)
	futurePattern    = regexp.MustCompile(`^[vV][0-9A-Fa-f]+\.[` + letter + `:]+$`)
	timestampPattern = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})` +
		`(?:\.[0-9]+)?(?:[Zz]|[+-]([0-9]{2}):([0-9]{2}))$`)
	tracePattern = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)
	mediaType    = like(token + `/` + token + `(?:[ \t]*;(?:[ \t]*` + parameter + `)?)*(?:[ \t]*;[ \t]*)?`)
)

// isJSON tells whether data of this media type is carried as a JSON value; that of none is.
func isJSON(mediaType string) bool {
	essence := strings.ToLower(strings.TrimSpace(strings.Split(mediaType, ";")[0]))
	return essence == "" || strings.HasSuffix(essence, "/json") || strings.HasSuffix(essence, "+json")
}

func anyText(string) string { return "" }

func like(pattern string) grammar {
	whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(text string) string { return formatUnless(whole.MatchString(text)) }
}

func oneOf(values ...string) grammar {
	return func(text string) string {
		for _, value := range values {
			if text == value {
				return ""
			}
		}
		return "unknown-value"
	}
}

func uriReference(text string) string {
	match := uriPattern.FindStringSubmatch(text)
	if match == nil {
		return "format"
	}
	group := func(name string) string { return match[uriPattern.SubexpIndex(name)] }
	if group("scheme") == "" && strings.Contains(group("first"), ":") {
		return "format"
	}
	literal := group("literal")
	if !strings.Contains(text, "[") || futurePattern.MatchString(literal) {
		return ""
	}
	address, err := netip.ParseAddr(literal)
	return formatUnless(err == nil && address.Is6() && address.Zone() == "")
}

func uri(text string) string {
	if !schemePattern.MatchString(text) {
		return "format"
	}
	return uriReference(text)
}

func timestamp(text string) string {
	match := timestampPattern.FindStringSubmatch(text)
	if match == nil {
		return "format"
	}
	var numbers [8]int
	for i, digits := range match[1:] {
		numbers[i], _ = strconv.Atoi(digits)
	}
	year, month, day, hour, minute, second := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
	// Day 0 of the next month is the last of this one.
	days := time.Date(year, time.Month(month+1), 0, 0, 0, 0, 0, time.UTC).Day()
	isDay := month >= 1 && month <= 12 && day >= 1 && day <= days
	// Second 60 is a leap second: which there were is not ours to say.
	return formatUnless(isDay && hour <= 23 && minute <= 59 && second <= 60 && numbers[6] <= 23 && numbers[7] <= 59)
}

func traceParent(text string) string {
	match := tracePattern.FindStringSubmatch(text)
	return formatUnless(match != nil && match[1] != "ff" && strings.Trim(match[2], "0") != "" &&
		strings.Trim(match[3], "0") != "" && (match[1] != "00" || match[4] == ""))
}

func formatUnless(holds bool) string {
	if holds {
		return ""
	}
	return "format"
}
