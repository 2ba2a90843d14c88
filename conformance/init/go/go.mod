module my-bus

go 1.19
