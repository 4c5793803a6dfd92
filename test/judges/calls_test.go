// Every call of the protocol, asked by hashicorp's go-plugin in the words of hashicorp's own messages: each is answered, in fields that they
// know, and whoever asks for what the provider has none of is told so.
package judges

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	// Brings the description of tfplugin6.
	_ "github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// The bare connection, which no client of hashicorp's but Terraform itself makes more of.
type bare struct{ plugin.NetRPCUnsupportedPlugin }

func (bare) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }
func (bare) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, connection *grpc.ClientConn) (any, error) {
	return connection, nil
}

// What is there, and so says more than that it is not.
var served = []string{
	"GetMetadata", "GetProviderSchema", "GetFunctions", "GetResourceIdentitySchemas",
	"ValidateProviderConfig", "ConfigureProvider", "StopProvider",
}

func TestCalls(t *testing.T) {
	var log bytes.Buffer
	client := plugin.NewClient(&plugin.ClientConfig{
		Cmd: exec.Command(os.Getenv("JUDGE_PROVIDER")),
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey:   "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": bare{}}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		Logger:           hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Warn}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	dispensed, err := protocol.Dispense("provider")
	if err != nil {
		t.Fatal(err)
	}
	connection := dispensed.(*grpc.ClientConn)

	found, err := protoregistry.GlobalFiles.FindDescriptorByName("tfplugin6.Provider")
	if err != nil {
		t.Fatal(err)
	}
	methods := found.(protoreflect.ServiceDescriptor).Methods()
	for i := range methods.Len() {
		method := methods.Get(i)
		t.Run(string(method.Name()), func(t *testing.T) {
			answer, err := ask(connection, method)
			if err != nil {
				t.Fatal(err)
			}
			noteUnknown(t, answer)
			text := protojson.Format(answer)
			isServed := slices.Contains(served, string(method.Name()))
			if denies := strings.Contains(text, "This provider has no ") && strings.Contains(text, "nobody"); denies == isServed {
				t.Error(text)
			}
			if method.Name() == "GetMetadata" && strings.Count(text, "sshtunnel_") != 2 {
				t.Error(text)
			}
		})
	}

	client.Kill()
	if said := log.String(); said != "" {
		t.Error(said)
	}
}

// One request whose names are all "nobody", and the first answer to it.
func ask(connection *grpc.ClientConn, method protoreflect.MethodDescriptor) (*dynamicpb.Message, error) {
	request, answer := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	name(request)
	description := grpc.StreamDesc{ServerStreams: method.IsStreamingServer(), ClientStreams: method.IsStreamingClient()}
	stream, err := connection.NewStream(context.Background(), &description, "/tfplugin6.Provider/"+string(method.Name()))
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(request); err != nil {
		return nil, err
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	if err := stream.RecvMsg(answer); err != nil {
		return nil, err
	}
	if end := stream.RecvMsg(dynamicpb.NewMessage(method.Output())); method.IsStreamingServer() && end != io.EOF {
		return nil, end
	}
	return answer, nil
}

func name(message protoreflect.Message) {
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.Kind() == protoreflect.StringKind && !field.IsList():
			message.Set(field, protoreflect.ValueOfString("nobody"))
		case field.Name() == "meta":
			name(message.Mutable(field).Message())
		}
	}
}

// Fields that are in no description of hashicorp's.
func noteUnknown(t *testing.T, message protoreflect.Message) {
	if len(message.GetUnknown()) > 0 {
		t.Errorf("%s has unknown fields", message.Descriptor().FullName())
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, one protoreflect.Value) bool {
				noteUnknown(t, one.Message())
				return true
			})
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				noteUnknown(t, value.List().Get(i).Message())
			}
		case !field.IsList() && !field.IsMap() && field.Message() != nil:
			noteUnknown(t, value.Message())
		}
		return true
	})
}
