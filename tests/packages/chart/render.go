// SPDX-License-Identifier: BSD-3-Clause

// render CHART [VALUES.json [RELEASE [NAMESPACE]]]: renders the templates of a Helm chart as Helm
// does, with text/template and sprig, and prints each file behind a line "# Source: FILE". Values are
// merged over values.yaml. `lookup` finds nothing, as in `helm template`.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string) map[string]interface{} {
	data, err := os.ReadFile(path)
	check(err)
	values := map[string]interface{}{}
	check(yaml.Unmarshal(data, &values))
	return values
}

// merge puts `over` on top of `base`: tables by key, anything else as a whole.
func merge(base, over map[string]interface{}) map[string]interface{} {
	for key, value := range over {
		inner, isTable := value.(map[string]interface{})
		old, wasTable := base[key].(map[string]interface{})
		if isTable && wasTable {
			base[key] = merge(old, inner)
		} else {
			base[key] = value
		}
	}
	return base
}

func functions(all *template.Template) template.FuncMap {
	found := sprig.TxtFuncMap()
	found["toYaml"] = func(value interface{}) string {
		data, err := yaml.Marshal(value)
		check(err)
		return strings.TrimSuffix(string(data), "\n")
	}
	found["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	found["lookup"] = func(...string) map[string]interface{} { return nil }
	found["fail"] = func(text string) (string, error) { return "", fmt.Errorf("%s", text) }
	return found
}

func argument(index int, otherwise string) string {
	if len(os.Args) > index {
		return os.Args[index]
	}
	return otherwise
}

func main() {
	chart := os.Args[1]
	values := read(filepath.Join(chart, "values.yaml"))
	if path := argument(2, ""); path != "" {
		values = merge(values, read(path))
	}
	about := read(filepath.Join(chart, "Chart.yaml"))
	data := map[string]interface{}{
		"Values": values,
		"Chart": map[string]interface{}{"Name": about["name"], "Version": about["version"],
			"AppVersion": about["appVersion"], "Annotations": about["annotations"]},
		"Release": map[string]interface{}{"Name": argument(3, "test"),
			"Namespace": argument(4, "space"), "Service": "Helm"},
	}
	all := template.New("").Option("missingkey=zero")
	all.Funcs(functions(all))
	paths, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	sort.Strings(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		check(err)
		_, err = all.New("skarn/templates/" + filepath.Base(path)).Parse(string(text))
		check(err)
	}
	for _, path := range paths {
		name := "skarn/templates/" + filepath.Base(path)
		if strings.HasPrefix(filepath.Base(path), "_") {
			continue
		}
		data["Template"] = map[string]interface{}{"Name": name, "BasePath": "skarn/templates"}
		var out bytes.Buffer
		check(all.ExecuteTemplate(&out, name, data))
		fmt.Printf("---\n# Source: %s\n%s\n", name, out.String())
	}
}
