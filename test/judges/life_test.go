// A tunnel's life as hashicorp's own test driver leads it, on the lab's hosts: every apply is followed by a plan that must be empty, and every
// import must bring the state that was there.
package judges

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const (
	tunnel = "sshtunnel_tunnel.web"
	middle = "sshtunnel_middle.middle"
)

type object = map[string]any

// Of the environment: hosts as a resource names them, as JSON.
func hostOf(t *testing.T, name string) (host object) {
	if err := json.Unmarshal([]byte(os.Getenv(name)), &host); err != nil {
		t.Fatalf("%s: %s", name, err)
	}
	return host
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// JSON is HCL where only values stand.
func block(kind, name string, arguments object) string {
	text := fmt.Sprintf("resource %q %q {\n", kind, name)
	for key, value := range arguments {
		text += fmt.Sprintf("  %s = %s\n", key, asJSON(value))
	}
	return text + "}\n"
}

// Somebody on the client's host, by hand.
func byHand(t *testing.T, command string) func() {
	return func() {
		if said, err := exec.Command("sh", "-c", os.Getenv("JUDGE_ON_CLIENT")+" '"+command+"'").CombinedOutput(); err != nil {
			t.Fatalf("%s: %s\n%s", command, err, said)
		}
	}
}

func TestLife(t *testing.T) {
	server := hostOf(t, "JUDGE_SERVER")
	arguments := object{
		"name": "web", "forward": "remote", "listen": "203.0.113.20:8080", "far": "far:80",
		"client": hostOf(t, "JUDGE_CLIENT"), "server": server,
	}
	with := func(key string, value any) object {
		changed := object{key: value}
		for key, value := range arguments {
			if _, ok := changed[key]; !ok {
				changed[key] = value
			}
		}
		return changed
	}
	settings := object{"name": "middle", "host": server, "client_alive_interval": 30, "open_ports": []object{{"port": 8022}}}
	config := func(tunnel object) string {
		return block("sshtunnel_middle", "middle", settings) + block("sshtunnel_tunnel", "web", tunnel)
	}
	at := tfjsonpath.New[string]
	action := func(address string, what plancheck.ResourceActionType) plancheck.PlanCheck {
		return plancheck.ExpectResourceAction(address, what)
	}
	before := func(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: checks}
	}

	resource.UnitTest(t, resource.TestCase{
		ExternalProviders: map[string]resource.ExternalProvider{"sshtunnel": {Source: "terraform.local/tunnels/sshtunnel"}},
		Steps: []resource.TestStep{
			{
				Config: config(arguments),
				ConfigPlanChecks: before(
					action(tunnel, plancheck.ResourceActionCreate),
					action(middle, plancheck.ResourceActionCreate),
					plancheck.ExpectKnownValue(tunnel, at("endpoint"), knownvalue.StringExact("203.0.113.20:8080")),
					plancheck.ExpectUnknownValue(tunnel, at("proof")),
					plancheck.ExpectUnknownValue(tunnel, at("key").AtMapKey("public_key")),
				),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(tunnel, at("proof").AtMapKey("answered"), knownvalue.Bool(true)),
					statecheck.ExpectKnownValue(tunnel, at("service").AtMapKey("active"), knownvalue.Bool(true)),
					statecheck.ExpectKnownValue(tunnel, at("key").AtMapKey("public_key"), knownvalue.StringRegexp(regexp.MustCompile("^ssh-ed25519 "))),
					statecheck.ExpectKnownValue(middle, at("sshd").AtMapKey("client_alive_interval"), knownvalue.Int64Exact(30)),
				},
			},
			{
				ResourceName: tunnel, ImportState: true, ImportStateId: asJSON(arguments),
				ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "name",
			},
			{ResourceName: middle, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: asJSON(settings)},
			{
				PreConfig:    byHand(t, "systemctl disable --quiet tunnel-web"),
				RefreshState: true, ExpectNonEmptyPlan: true,
				RefreshPlanChecks: resource.RefreshPlanChecks{PostRefresh: []plancheck.PlanCheck{
					action(tunnel, plancheck.ResourceActionUpdate), action(middle, plancheck.ResourceActionNoop),
				}},
			},
			{
				Config:           config(with("listen", "203.0.113.20:8081")),
				ConfigPlanChecks: before(action(tunnel, plancheck.ResourceActionUpdate)),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(tunnel, at("endpoint"), knownvalue.StringExact("203.0.113.20:8081")),
					statecheck.ExpectKnownValue(tunnel, at("service").AtMapKey("enabled"), knownvalue.Bool(true)),
				},
			},
			{Config: config(with("far", "nowhere")), PlanOnly: true, ExpectError: regexp.MustCompile("far")},
			{
				Config:           config(with("name", "page")),
				ConfigPlanChecks: before(action(tunnel, plancheck.ResourceActionDestroyBeforeCreate)),
			},
		},
	})
}
